#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    howdah_fuzz::sql::script(text);
});
