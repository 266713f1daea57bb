//! Business identifier codes of banks.

use super::digits::trim;
use crate::model::finding::{Marks, Verdict};

/// The codes of ISO 3166-1 and XK, which SWIFT uses for Kosovo, one after the other.
const COUNTRIES: &[u8] = b"ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCM\
CNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIR\
ISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNR\
NUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUA\
UGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

/// A BIC (ISO 9362): four letters of the bank, the country, two characters of the place, and perhaps three of the branch. A
/// place that ends in 0 is for tests.
pub fn bic(bytes: &[u8]) -> Verdict {
    let bytes = trim(bytes);
    let Some((head, tail)) = bytes.split_first_chunk::<6>().filter(|_| matches!(bytes.len(), 8 | 11)) else {
        return Verdict::Invalid("not 8 or 11 signs");
    };
    let upper = bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let letters = head.iter().all(u8::is_ascii_uppercase);
    let country = COUNTRIES.as_chunks::<2>().0.iter().any(|code| *code == head[4..]);
    ensure!(upper, "signs other than capitals and digits");
    ensure!(letters, "its first six are not letters");
    ensure!(country, "its fifth and sixth letter are no country");
    Verdict::Valid { proven: false, marks: if tail[1] == b'0' { Marks::TEST } else { Marks::default() } }
}
