//! Places: cities with their states and ZIP ranges, area codes, driver licence shapes, and the European countries.

/// City, state, first ZIP of its range.
#[rustfmt::skip]
pub(super) const CITIES: &[(&str, &str, u32)] = &[
    ("Los Angeles", "CA", 90001), ("San Diego", "CA", 92101), ("San Jose", "CA", 95110), ("Fresno", "CA", 93701),
    ("Oakland", "CA", 94601), ("Houston", "TX", 77002), ("Dallas", "TX", 75201), ("Austin", "TX", 78701),
    ("El Paso", "TX", 79901), ("New York", "NY", 10001), ("Buffalo", "NY", 14201), ("Albany", "NY", 12203),
    ("Miami", "FL", 33125), ("Tampa", "FL", 33602), ("Orlando", "FL", 32801), ("Chicago", "IL", 60601),
    ("Peoria", "IL", 61602), ("Philadelphia", "PA", 19102), ("Pittsburgh", "PA", 15201), ("Columbus", "OH", 43201),
    ("Cleveland", "OH", 44101), ("Atlanta", "GA", 30303), ("Savannah", "GA", 31401), ("Charlotte", "NC", 28202),
    ("Raleigh", "NC", 27601), ("Detroit", "MI", 48201), ("Lansing", "MI", 48901), ("Newark", "NJ", 7102),
    ("Trenton", "NJ", 8608), ("Richmond", "VA", 23218), ("Norfolk", "VA", 23502), ("Seattle", "WA", 98101),
    ("Spokane", "WA", 99201), ("Phoenix", "AZ", 85003), ("Tucson", "AZ", 85701), ("Boston", "MA", 2108),
    ("Worcester", "MA", 1601), ("Nashville", "TN", 37203), ("Memphis", "TN", 38103), ("Indianapolis", "IN", 46201),
    ("Kansas City", "MO", 64105), ("St. Louis", "MO", 63101), ("Baltimore", "MD", 21201), ("Milwaukee", "WI", 53202),
    ("Denver", "CO", 80202), ("Minneapolis", "MN", 55401), ("Charleston", "SC", 29401), ("Birmingham", "AL", 35203),
    ("New Orleans", "LA", 70112), ("Louisville", "KY", 40202), ("Portland", "OR", 97201), ("Oklahoma City", "OK", 73102),
    ("Hartford", "CT", 6103), ("Salt Lake City", "UT", 84101), ("Des Moines", "IA", 50309), ("Las Vegas", "NV", 89101),
    ("Little Rock", "AR", 72201), ("Jackson", "MS", 39201), ("Wichita", "KS", 67202), ("Albuquerque", "NM", 87102),
    ("Omaha", "NE", 68102), ("Boise", "ID", 83702), ("Honolulu", "HI", 96813), ("Providence", "RI", 2903),
    ("Burlington", "VT", 5401), ("Fargo", "ND", 58102), ("Anchorage", "AK", 99501), ("Washington", "DC", 20001),
];

/// Area codes in use. People keep a number when they move, so a number says nothing of the address.
#[rustfmt::skip]
pub(super) const AREA_CODES: &[u16] = &[
    201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234,
    239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 272, 276, 281, 301, 302, 303, 304, 305, 307, 308,
    309, 310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 331, 334, 336, 337, 346, 347, 351, 352,
    360, 361, 385, 386, 401, 402, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 424, 425, 430,
    432, 434, 435, 440, 442, 443, 458, 469, 470, 475, 478, 479, 480, 484, 501, 502, 503, 504, 505, 507, 508, 509, 510,
    512, 513, 515, 516, 517, 518, 520, 530, 540, 541, 551, 559, 561, 562, 563, 567, 570, 571, 573, 574, 575, 580, 585,
    586, 601, 602, 603, 605, 606, 607, 608, 609, 610, 612, 614, 615, 616, 617, 618, 619, 620, 623, 626, 630, 631, 636,
    641, 646, 650, 651, 657, 660, 661, 662, 667, 669, 678, 682, 701, 702, 703, 704, 706, 707, 708, 712, 713, 714, 715,
    716, 717, 718, 719, 720, 724, 727, 731, 732, 734, 737, 740, 747, 754, 757, 760, 763, 765, 770, 772, 773, 774, 775,
    781, 785, 786, 801, 802, 803, 804, 805, 806, 808, 810, 812, 813, 814, 815, 816, 817, 818, 828, 830, 831, 832, 843,
    845, 847, 848, 850, 856, 857, 858, 859, 860, 862, 863, 864, 865, 870, 872, 878, 901, 903, 904, 906, 907, 908, 909,
    910, 912, 913, 914, 915, 916, 917, 918, 919, 920, 925, 928, 931, 936, 937, 940, 941, 947, 949, 951, 952, 954, 956,
    959, 970, 971, 972, 973, 978, 979, 980, 985, 989,
];

/// The shape of a driver licence number by state: `A` is a letter, `9` a digit. States that are not here use nine digits.
#[rustfmt::skip]
const LICENSES: &[(&str, &str)] = &[
    ("CA", "A9999999"), ("TX", "99999999"), ("NY", "999999999"), ("FL", "A999999999999"), ("IL", "A99999999999"),
    ("PA", "99999999"), ("OH", "AA999999"), ("GA", "999999999"), ("NC", "999999999999"), ("MI", "A999999999999"),
    ("NJ", "A99999999999999"), ("VA", "A99999999"), ("WA", "WDLAAA9999AA"), ("AZ", "A99999999"), ("MA", "S99999999"),
    ("TN", "999999999"), ("IN", "9999999999"), ("MO", "A999999999"), ("MD", "A999999999999"), ("WI", "A9999999999999"),
    ("CO", "999999999"), ("MN", "A999999999999"), ("OR", "A999999"), ("KY", "A99999999"), ("KS", "A99999999"),
    ("CT", "999999999"), ("NV", "9999999999"), ("HI", "A99999999"), ("NE", "A99999999"), ("VT", "99999999"),
];

/// The shape of a state's licence numbers.
pub(super) fn license_shape(state: &str) -> &'static str {
    LICENSES.iter().find(|(s, _)| *s == state).map_or("999999999", |(_, shape)| shape)
}

/// A European country: its code, name, a city with a postal code, its calling code with the start of its mobile numbers,
/// and the shape of the account part of its IBAN (`9` digit, `A` letter).
pub(super) struct EuPlace {
    pub code: &'static str,
    pub name: &'static str,
    pub cities: &'static [(&'static str, &'static str)],
    pub dial: &'static str,
    pub mobile: &'static str,
    /// Digits that may follow it, so that the number is of a range that is assigned.
    pub next: &'static str,
    pub bban: &'static str,
}

/// The countries of the European customers.
#[rustfmt::skip]
pub(super) const EU: &[EuPlace] = &[
    EuPlace {
        code: "DE",
        name: "Germany",
        cities: &[("Berlin", "10115"), ("München", "80331"), ("Köln", "50667"), ("Leipzig", "04109")],
        dial: "49",
        mobile: "151",
        next: "0123456789",
        bban: "999999999999999999",
    },
    EuPlace {
        code: "FR",
        name: "France",
        cities: &[("Paris", "75001"), ("Lyon", "69002"), ("Orléans", "45000")],
        dial: "33",
        mobile: "6",
        next: "01245678",
        bban: "99999999999999999999999",
    },
    EuPlace {
        code: "ES",
        name: "Spain",
        cities: &[("Madrid", "28013"), ("Málaga", "29015"), ("León", "24001")],
        dial: "34",
        mobile: "6",
        next: "0123456789",
        bban: "99999999999999999999",
    },
    EuPlace {
        code: "NL",
        name: "Netherlands",
        cities: &[("Utrecht", "3511 AB"), ("Leiden", "2312 KL"), ("Breda", "4811 DJ")],
        dial: "31",
        mobile: "6",
        next: "123458",
        bban: "AAAA9999999999",
    },
    EuPlace {
        code: "IT",
        name: "Italy",
        cities: &[("Roma", "00184"), ("Bologna", "40121"), ("Forlì", "47121")],
        dial: "39",
        mobile: "3",
        next: "23456789",
        bban: "A9999999999999999999999",
    },
];
