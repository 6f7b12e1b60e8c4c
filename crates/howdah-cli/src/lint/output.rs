//! Where what was found goes: stdout, and the files of `--report`.
//!
//! IO: writes those. Invariant: a file of `--report` is complete or the command fails.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};

use anyhow::Context as _;

use super::arguments::{Arguments, Color};
use super::render::{FileReport, Form, Renderer, Totals, renderer};

/// All that is written to.
pub(super) struct Output {
    sinks: Vec<Sink>,
}

struct Sink {
    name: String,
    renderer: Box<dyn Renderer>,
    out: Box<dyn Write>,
}

impl Output {
    pub(super) fn new(arguments: &Arguments) -> anyhow::Result<Self> {
        // an edited text takes stdout for itself
        let to_stderr = arguments.fix && arguments.files.iter().any(|it| it.as_os_str() == "-");
        let (out, is_terminal): (Box<dyn Write>, bool) = if to_stderr {
            (Box::new(io::stderr()), io::stderr().is_terminal())
        } else {
            (Box::new(io::stdout()), io::stdout().is_terminal())
        };
        let color = match arguments.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let says = |name| std::env::var_os(name).unwrap_or_default();
                is_terminal && says("NO_COLOR").is_empty() && says("TERM") != "dumb"
            }
        };
        let mut sinks = vec![Sink {
            name: "stdout".to_owned(),
            renderer: renderer(arguments.form(), color),
            out: Box::new(BufWriter::new(out)),
        }];
        for (form, path) in &arguments.report {
            let name = path.display().to_string();
            let file = File::create(path).with_context(|| format!("`{name}` cannot be written"))?;
            sinks.push(Sink {
                name,
                renderer: renderer(*form, false),
                out: Box::new(BufWriter::new(file)),
            });
        }
        Ok(Self { sinks })
    }

    pub(super) fn file(&mut self, report: &FileReport) -> anyhow::Result<()> {
        for sink in &mut self.sinks {
            sink.write(|renderer, out| renderer.file(report, out))?;
        }
        Ok(())
    }

    /// What was measured goes into every form that has a place for it, and to stderr where stdout's has none.
    pub(super) fn traced(&mut self, report: &howdah_trace::Report) -> anyhow::Result<()> {
        for (index, sink) in self.sinks.iter_mut().enumerate() {
            if !sink.renderer.traced(report)? && index == 0 {
                talk!("{}", howdah_trace::text(report));
            }
        }
        Ok(())
    }

    pub(super) fn end(&mut self, totals: &Totals) -> anyhow::Result<()> {
        for sink in &mut self.sinks {
            sink.write(|renderer, out| {
                renderer.end(totals, out)?;
                out.flush()
            })?;
        }
        Ok(())
    }
}

/// The edited text of standard input.
pub(super) fn fixed_stdin(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    Ok(stdout.flush()?)
}

impl Sink {
    fn write(
        &mut self,
        write: impl FnOnce(&mut dyn Renderer, &mut dyn Write) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        match write(self.renderer.as_mut(), self.out.as_mut()) {
            // told as it is: whoever read our output has enough
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(error.into()),
            Err(error) => Err(error).with_context(|| format!("`{}` cannot be written", self.name)),
            Ok(()) => Ok(()),
        }
    }
}

/// Whether a form is for people.
pub(super) fn is_text(form: Form) -> bool {
    matches!(form, Form::Text | Form::Concise | Form::Markdown)
}
