//! temporary: compares with recorded observations
use howdah_sql::{catalog::Catalog, locks};
use std::collections::{BTreeMap, BTreeSet, HashMap};
fn worlds(folder: &str) -> HashMap<String, String> {
    let mut all = HashMap::new();
    for f in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(f.unwrap().path()).unwrap();
        let mut name = String::new();
        let mut on = false;
        for line in text.lines() {
            if let Some(n) = line.strip_prefix("--- world ") {
                name = n.to_owned();
                on = true;
                all.insert(name.clone(), String::new());
                continue;
            }
            if line.starts_with("--- ") {
                on = false;
                continue;
            }
            if on {
                let s: &mut String = all.get_mut(&name).unwrap();
                s.push_str(line);
                s.push('\n');
            }
        }
    }
    all
}
fn rel(v: &serde_json::Value) -> String {
    let s = v["schema"].as_str().unwrap();
    let n = v["name"].as_str().unwrap();
    if s == "public" {
        n.to_owned()
    } else {
        format!("{s}.{n}")
    }
}
fn main() {
    let version: u32 = std::env::args().nth(1).unwrap().parse().unwrap();
    let only = std::env::args().nth(2);
    let worlds = worlds("/tmp/wt/trace/crates/howdah-trace/tests/forms");
    let json: serde_json::Value = serde_json::from_str(
        &std::fs::read_to_string(format!("/tmp/wt/forms-{version}.json")).unwrap(),
    )
    .unwrap();
    let modes: Vec<&str> = locks::Mode::ALL.iter().map(|m| m.words()).collect();
    let (mut bad, mut good, mut err) = (0, 0, 0);
    for f in json.as_array().unwrap() {
        let (world, title, setup, sql) = (
            f["world"].as_str().unwrap(),
            f["form"].as_str().unwrap(),
            f["setup"].as_str().unwrap(),
            f["sql"].as_str().unwrap(),
        );
        if let Some(o) = &only {
            if !sql.contains(o.as_str()) {
                continue;
            }
        }
        let seen = &f["seen"];
        let mut catalog = Catalog::default();
        let text = format!("{}\n;{}", worlds[world], setup);
        for s in &howdah_sql::parse(&text).statements {
            catalog.apply(s);
        }
        let mut catalog = catalog.settled().completed(); for s in &howdah_sql::parse(&format!("set timezone = 'UTC';{}", if setup.starts_with("set timezone") { setup } else { "" })).statements { catalog.apply(s); }
        let script = howdah_sql::parse(sql);
        let Some(st) = script.statements.first() else {
            println!("NOPARSE {sql}");
            continue;
        };
        let e = locks::effects(st, &catalog, version);
        if !seen["error"].is_null() {
            err += 1;
            continue;
        }
        let mut want: BTreeMap<String, usize> = BTreeMap::new();
        for l in seen["locks"].as_array().unwrap() {
            let k = l["relation"]["kind"].as_str().unwrap();
            if k == "t" || k == "c" {
                continue;
            }
            let m = modes
                .iter()
                .position(|x| *x == l["mode"].as_str().unwrap())
                .unwrap();
            if l["relation"]["schema"] == "pg_toast" { continue; } if (k == "i" || k == "I") && m < 3 {
                continue;
            }
            let w = want.entry(rel(&l["relation"])).or_insert(m);
            *w = (*w).max(m);
        }
        let got: BTreeMap<String, usize> = e
            .locks
            .iter()
            .map(|l| {
                (
                    l.relation
                        .to_string()
                        .trim_start_matches("public.")
                        .to_owned(),
                    l.mode as usize,
                )
            })
            .collect();
        let set = |x: &serde_json::Value| {
            x.as_array()
                .unwrap()
                .iter()
                .filter(|r| r["kind"] != "S")
                .map(rel)
                .collect::<BTreeSet<_>>()
        };
        let gs = |x: &[howdah_sql::ast::ObjectName]| {
            x.iter()
                .map(|o| o.to_string().trim_start_matches("public.").to_owned())
                .collect::<BTreeSet<_>>()
        };
        let rw = set(&seen["rewrites"]);
        let mut grw = gs(&e.rewrites);
        grw.extend(gs(&e.empties));
        let bu = set(&seen["builds"]);
        let gbu = gs(&e.builds);
        let sc: BTreeSet<String> = seen["reads"]
            .as_array()
            .map(|a| {
                a.iter()
                    .filter(|r| r["relation"]["kind"] == "r" || r["relation"]["kind"] == "m")
                    .filter(|r| r["rows"].as_u64().unwrap() >= 90)
                    .map(|r| rel(&r["relation"]))
                    .collect()
            })
            .unwrap_or_default();
        let gsc = gs(&e.scans);
        let is_data = matches!(
            st.kind,
            howdah_sql::ast::Kind::Select(_)
                | howdah_sql::ast::Kind::Insert(_)
                | howdah_sql::ast::Kind::Update(_)
                | howdah_sql::ast::Kind::Delete(_)
                | howdah_sql::ast::Kind::Merge(_)
                | howdah_sql::ast::Kind::Copy(_)
                | howdah_sql::ast::Kind::Explain(_)
                | howdah_sql::ast::Kind::Refresh(_)
                | howdah_sql::ast::Kind::CreateTableAs(_)
                | howdah_sql::ast::Kind::CreateMaterializedView(_)
        );
        let alone = seen["way"] == "alone";
        let galone = e.in_transaction == locks::InTransaction::Forbidden;
        let mut why = vec![];
        if want != got {
            let show = |m: &BTreeMap<String, usize>, o: &BTreeMap<String, usize>| {
                m.iter()
                    .filter(|(k, v)| o.get(*k) != Some(v))
                    .map(|(k, v)| format!("{k}:{}", modes[*v]))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            why.push(format!(
                "locks: server {{{}}} model {{{}}}",
                show(&want, &got),
                show(&got, &want)
            ));
        }
        if rw != grw {
            why.push(format!("rewrites: server {rw:?} model {grw:?}"));
        }
        if bu != gbu {
            why.push(format!("builds: server {bu:?} model {gbu:?}"));
        }
        if !is_data && sc != gsc && !(seen["reads"].is_null()) {
            why.push(format!("scans: server {sc:?} model {gsc:?}"));
        }
        if alone != galone {
            why.push(format!("alone: server {alone} model {galone}"));
        }
        if let Some(r) = &e.refused {
            why.push(format!("refused: {r}"));
        }
        if why.is_empty() {
            good += 1
        } else {
            bad += 1;
            println!(
                "[{world}] {}\n   {}\n   {}",
                setup.trim(),
                sql.trim(),
                why.join("\n   ")
            );
            if let Some(u) = &e.unknown {
                println!("   unknown: {u}");
            }
            for a in &e.assumed {
                println!("   assumed: {a}");
            }
        }
        let _ = title;
    }
    println!("good {good} bad {bad} errors {err}");
}
