//! Whatever is uploaded as a list of participants, the reader neither panics nor answers lines that do not exist.

#![no_main]

use latchkey::domain::participant_list::{Identifier, Rules, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let rules = Rules { identify_by: Identifier::ALL.to_vec(), most_bytes: 1 << 20, most_lines: 5_000 };
    if let Ok(list) = read(bytes, &rules) {
        let lines = 1 + bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
        assert!(list.rows.windows(2).all(|pair| pair[0].line < pair[1].line));
        assert!(list.rows.iter().all(|row| row.line > 1 && row.line <= lines));
    }
});
