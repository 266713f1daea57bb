//! States, provinces and countries, and the states of ZIP codes.

/// States, the District, territories and military posts of the United States, by USPS code.
#[rustfmt::skip]
const STATES: &[(&str, &str)] = &[
    ("AL", "alabama"), ("AK", "alaska"), ("AZ", "arizona"), ("AR", "arkansas"), ("CA", "california"), ("CO", "colorado"),
    ("CT", "connecticut"), ("DE", "delaware"), ("DC", "district of columbia"), ("FL", "florida"), ("GA", "georgia"),
    ("HI", "hawaii"), ("ID", "idaho"), ("IL", "illinois"), ("IN", "indiana"), ("IA", "iowa"), ("KS", "kansas"),
    ("KY", "kentucky"), ("LA", "louisiana"), ("ME", "maine"), ("MD", "maryland"), ("MA", "massachusetts"),
    ("MI", "michigan"), ("MN", "minnesota"), ("MS", "mississippi"), ("MO", "missouri"), ("MT", "montana"),
    ("NE", "nebraska"), ("NV", "nevada"), ("NH", "new hampshire"), ("NJ", "new jersey"), ("NM", "new mexico"),
    ("NY", "new york"), ("NC", "north carolina"), ("ND", "north dakota"), ("OH", "ohio"), ("OK", "oklahoma"),
    ("OR", "oregon"), ("PA", "pennsylvania"), ("RI", "rhode island"), ("SC", "south carolina"), ("SD", "south dakota"),
    ("TN", "tennessee"), ("TX", "texas"), ("UT", "utah"), ("VT", "vermont"), ("VA", "virginia"), ("WA", "washington"),
    ("WV", "west virginia"), ("WI", "wisconsin"), ("WY", "wyoming"), ("PR", "puerto rico"), ("VI", "virgin islands"),
    ("GU", "guam"), ("AS", "american samoa"), ("MP", "northern mariana islands"), ("AA", "armed forces americas"),
    ("AE", "armed forces europe"), ("AP", "armed forces pacific"),
];

#[rustfmt::skip]
const PROVINCES: &[(&str, &str)] = &[
    ("AB", "alberta"), ("BC", "british columbia"), ("MB", "manitoba"), ("NB", "new brunswick"),
    ("NL", "newfoundland and labrador"), ("NS", "nova scotia"), ("NT", "northwest territories"), ("NU", "nunavut"),
    ("ON", "ontario"), ("PE", "prince edward island"), ("QC", "quebec"), ("SK", "saskatchewan"), ("YT", "yukon"),
];

/// Countries by ISO 3166-1 alpha-2, alpha-3 and English name: those a retailer ships to most.
#[rustfmt::skip]
const COUNTRIES: &[(&str, &str, &str)] = &[
    ("US", "usa", "united states"), ("CA", "can", "canada"), ("MX", "mex", "mexico"), ("GB", "gbr", "united kingdom"),
    ("IE", "irl", "ireland"), ("FR", "fra", "france"), ("DE", "deu", "germany"), ("AT", "aut", "austria"),
    ("CH", "che", "switzerland"), ("IT", "ita", "italy"), ("ES", "esp", "spain"), ("PT", "prt", "portugal"),
    ("NL", "nld", "netherlands"), ("BE", "bel", "belgium"), ("LU", "lux", "luxembourg"), ("DK", "dnk", "denmark"),
    ("SE", "swe", "sweden"), ("NO", "nor", "norway"), ("FI", "fin", "finland"), ("IS", "isl", "iceland"),
    ("PL", "pol", "poland"), ("CZ", "cze", "czech republic"), ("SK", "svk", "slovakia"), ("HU", "hun", "hungary"),
    ("RO", "rou", "romania"), ("BG", "bgr", "bulgaria"), ("GR", "grc", "greece"), ("HR", "hrv", "croatia"),
    ("SI", "svn", "slovenia"), ("EE", "est", "estonia"), ("LV", "lva", "latvia"), ("LT", "ltu", "lithuania"),
    ("MT", "mlt", "malta"), ("CY", "cyp", "cyprus"), ("UA", "ukr", "ukraine"), ("RU", "rus", "russia"),
    ("TR", "tur", "turkey"), ("IL", "isr", "israel"), ("AE", "are", "united arab emirates"), ("SA", "sau", "saudi arabia"),
    ("EG", "egy", "egypt"), ("ZA", "zaf", "south africa"), ("NG", "nga", "nigeria"), ("KE", "ken", "kenya"),
    ("IN", "ind", "india"), ("PK", "pak", "pakistan"), ("BD", "bgd", "bangladesh"), ("CN", "chn", "china"),
    ("HK", "hkg", "hong kong"), ("TW", "twn", "taiwan"), ("JP", "jpn", "japan"), ("KR", "kor", "south korea"),
    ("SG", "sgp", "singapore"), ("MY", "mys", "malaysia"), ("TH", "tha", "thailand"), ("VN", "vnm", "vietnam"),
    ("PH", "phl", "philippines"), ("ID", "idn", "indonesia"), ("AU", "aus", "australia"), ("NZ", "nzl", "new zealand"),
    ("BR", "bra", "brazil"), ("AR", "arg", "argentina"), ("CL", "chl", "chile"), ("CO", "col", "colombia"),
    ("PE", "per", "peru"), ("VE", "ven", "venezuela"), ("EC", "ecu", "ecuador"), ("UY", "ury", "uruguay"),
];

fn pair(code: &str) -> [u8; 2] {
    let code = code.as_bytes();
    [code[0], code[1]]
}

/// The second letters of codes by their first, as bits.
type Letters = [u32; 26];

const fn letters(table: &[(&str, &str)]) -> Letters {
    let mut codes = [0; 26];
    let mut i = 0;
    while i < table.len() {
        let code = table[i].0.as_bytes();
        codes[(code[0] - b'A') as usize] |= 1 << (code[1] - b'A');
        i += 1;
    }
    codes
}

const STATE_CODES: Letters = letters(STATES);
const PROVINCE_CODES: Letters = letters(PROVINCES);

fn code_of(table: &[(&str, &str)], codes: &Letters, value: &[u8]) -> Option<[u8; 2]> {
    let value = value.trim_ascii();
    // No name has two letters, so a value of two is a code or nothing.
    if let [a, b] = value {
        let code = [a.to_ascii_uppercase(), b.to_ascii_uppercase()];
        let letter = |b: u8| usize::from(b.wrapping_sub(b'A'));
        let known = codes
            .get(letter(code[0]))
            .is_some_and(|second| second.checked_shr(letter(code[1]) as u32).is_some_and(|s| s & 1 == 1));
        return known.then_some(code);
    }
    table.iter().find(|(_, name)| value.eq_ignore_ascii_case(name.as_bytes())).map(|(code, _)| pair(code))
}

/// The USPS code of a state's code or name.
pub fn state_code(value: &[u8]) -> Option<[u8; 2]> {
    code_of(STATES, &STATE_CODES, value)
}

/// The code of a Canadian province's code or name.
pub fn province_code(value: &[u8]) -> Option<[u8; 2]> {
    code_of(PROVINCES, &PROVINCE_CODES, value)
}

/// The ISO 3166-1 alpha-2 code of a country's code or English name.
pub fn country_code(value: &[u8]) -> Option<[u8; 2]> {
    let value = value.trim_ascii();
    const ALSO: &[(&str, &str)] = &[
        ("US", "united states of america"),
        ("US", "u.s."),
        ("US", "u.s.a."),
        ("GB", "uk"),
        ("GB", "england"),
        ("GB", "great britain"),
        ("GB", "scotland"),
        ("GB", "wales"),
        ("CZ", "czechia"),
        ("KR", "korea"),
    ];
    COUNTRIES
        .iter()
        .find(|(two, three, name)| [two, three, name].iter().any(|n| value.eq_ignore_ascii_case(n.as_bytes())))
        .map(|(two, _, _)| pair(two))
        .or_else(|| ALSO.iter().find(|(_, name)| value.eq_ignore_ascii_case(name.as_bytes())).map(|(two, _)| pair(two)))
}

/// The five digits of `02139`, `02139-1234` or `021391234`. A ZIP that lost its leading zero as an integer has it again.
pub fn zip5(value: &[u8]) -> Option<[u8; 5]> {
    let value = value.trim_ascii();
    let value = match value {
        [head @ .., b'-', a, b, c, d] if [a, b, c, d].iter().all(|x| x.is_ascii_digit()) => head,
        [head @ .., _, _, _, _] if value.len() == 9 => head,
        all => all,
    };
    if !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    match value {
        [a, b, c, d, e] => Some([*a, *b, *c, *d, *e]),
        [b, c, d, e] => Some([b'0', *b, *c, *d, *e]),
        _ => None,
    }
}

/// First three digits of ZIP codes and their states: the last prefix of each run (USPS Publication 65, L002).
#[rustfmt::skip]
const PREFIXES: &[(u16, &str)] = &[
    (4, ""), (5, "NY"), (9, "PR"), (27, "MA"), (29, "RI"), (38, "NH"), (49, "ME"), (54, "VT"), (55, "MA"), (59, "VT"),
    (69, "CT"), (89, "NJ"), (99, "AE"), (149, "NY"), (196, "PA"), (199, "DE"), (200, "DC"), (201, "VA"), (205, "DC"),
    (219, "MD"), (246, "VA"), (268, "WV"), (269, ""), (289, "NC"), (299, "SC"), (319, "GA"), (339, "FL"), (340, "AA"),
    (349, "FL"), (369, "AL"), (385, "TN"), (397, "MS"), (399, "GA"), (427, "KY"), (429, ""), (459, "OH"), (479, "IN"),
    (499, "MI"), (528, "IA"), (529, ""), (549, "WI"), (567, "MN"), (569, "DC"), (577, "SD"), (579, ""), (588, "ND"),
    (589, ""), (599, "MT"), (629, "IL"), (658, "MO"), (659, ""), (679, "KS"), (693, "NE"), (699, ""), (714, "LA"),
    (715, ""), (729, "AR"), (732, "OK"), (733, "TX"), (749, "OK"), (799, "TX"), (816, "CO"), (819, ""), (831, "WY"),
    (838, "ID"), (839, ""), (847, "UT"), (849, ""), (865, "AZ"), (869, ""), (884, "NM"), (885, "TX"), (898, "NV"),
    (899, ""), (961, "CA"), (966, "AP"), (968, "HI"), (969, "GU"), (979, "OR"), (994, "WA"), (999, "AK"),
];

/// The state of a five-digit ZIP code.
pub fn zip_state(zip: [u8; 5]) -> Option<[u8; 2]> {
    let prefix = zip[..3].iter().fold(0u16, |n, d| n * 10 + u16::from(d - b'0'));
    match prefix {
        8 => return Some(*b"VI"),
        63 if &zip == b"06390" => return Some(*b"NY"),
        _ => {}
    }
    let run = PREFIXES.partition_point(|(last, _)| *last < prefix);
    PREFIXES.get(run).filter(|(_, state)| !state.is_empty()).map(|(_, state)| pair(state))
}
