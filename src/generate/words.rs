//! The words people and things are made of. Names are common ones in order of how common they are, roughly; nobody's in
//! particular.

use unicode_normalization::UnicodeNormalization;

/// First names given to women, the most common first.
#[rustfmt::skip]
pub(super) const FEMALE: &[&str] = &[
    "Mary", "Patricia", "Jennifer", "Linda", "Elizabeth", "Barbara", "Susan", "Jessica", "Sarah", "Karen", "Lisa",
    "Nancy", "Betty", "Sandra", "Margaret", "Ashley", "Kimberly", "Emily", "Donna", "Michelle", "Carol", "Amanda",
    "Melissa", "Deborah", "Stephanie", "Rebecca", "Sharon", "Laura", "Cynthia", "Dorothy", "Amy", "Kathleen", "Angela",
    "Shirley", "Emma", "Brenda", "Pamela", "Nicole", "Anna", "Samantha", "Katherine", "Christine", "Debra", "Rachel",
    "Carolyn", "Janet", "Maria", "Olivia", "Heather", "Helen", "Catherine", "Diane", "Julie", "Victoria", "Joyce",
    "Lauren", "Kelly", "Christina", "Ruth", "Joan", "Virginia", "Judith", "Evelyn", "Hannah", "Andrea", "Megan",
    "Cheryl", "Jacqueline", "Madison", "Teresa", "Abigail", "Sophia", "Martha", "Sara", "Gloria", "Janice", "Kathryn",
    "Ann", "Isabella", "Judy", "Charlotte", "Julia", "Grace", "Amber", "Alice", "Jean", "Denise", "Frances", "Danielle",
    "Marilyn", "Natalie", "Beverly", "Diana", "Brittany", "Theresa", "Kayla", "Alexis", "Doris", "Lori", "Tiffany",
    "Zoë", "Chloé", "Renée", "Noémie", "Inés", "Belén", "Sofía", "Lucía", "Siobhan", "Aoife", "Priya", "Ananya",
    "Lakshmi", "Mei", "Xiu", "Yuki", "Aiko", "Fatima", "Aisha", "Leila", "Nadia", "Ingrid", "Astrid", "Søren-Marie",
    "Guadalupe", "Xochitl", "Tamika", "Keisha", "Shanice", "Imani", "Nia", "Oksana", "Svetlana", "Agnieszka", "Zofia",
    "Hope", "Faith", "Joy", "April", "May", "June", "Dawn", "Summer", "Rose", "Ivy", "Paris", "Georgia", "Virgie",
];

/// First names given to men, the most common first.
#[rustfmt::skip]
pub(super) const MALE: &[&str] = &[
    "James", "Robert", "John", "Michael", "David", "William", "Richard", "Joseph", "Thomas", "Christopher", "Charles",
    "Daniel", "Matthew", "Anthony", "Mark", "Donald", "Steven", "Andrew", "Paul", "Joshua", "Kenneth", "Kevin", "Brian",
    "George", "Timothy", "Ronald", "Jason", "Edward", "Jeffrey", "Ryan", "Jacob", "Gary", "Nicholas", "Eric", "Jonathan",
    "Stephen", "Larry", "Justin", "Scott", "Brandon", "Benjamin", "Samuel", "Gregory", "Alexander", "Patrick", "Frank",
    "Raymond", "Jack", "Dennis", "Jerry", "Tyler", "Aaron", "Jose", "Adam", "Nathan", "Henry", "Zachary", "Douglas",
    "Peter", "Kyle", "Noah", "Ethan", "Jeremy", "Walter", "Christian", "Keith", "Roger", "Terry", "Austin", "Sean",
    "Gerald", "Carl", "Harold", "Dylan", "Arthur", "Lawrence", "Jordan", "Jesse", "Bryan", "Billy", "Bruce", "Gabriel",
    "Joe", "Logan", "Alan", "Juan", "Albert", "Willie", "Elijah", "Wayne", "Randy", "Vincent", "Mason", "Roy", "Ralph",
    "Bobby", "Russell", "Bradley", "Philip", "Eugene", "José", "Andrés", "Jesús", "Raúl", "Óscar", "André", "René",
    "François", "Jürgen", "Björn", "Søren", "Łukasz", "Rajesh", "Arjun", "Vikram", "Wei", "Jun", "Hiroshi", "Kenji",
    "Mohammed", "Ahmed", "Omar", "Yusuf", "Ibrahim", "Dmitri", "Sergei", "Piotr", "Kwame", "Kofi", "DeShawn", "Jamal",
    "Darnell", "Tyrone", "Mateo", "Santiago", "Diego", "Luis", "Carlos", "Miguel", "Will", "Grant", "Chase", "Dale",
    "Dean", "Miles", "Guy", "Rusty", "Angel", "Ernest",
];

/// Last names, the most common first.
#[rustfmt::skip]
pub(super) const LAST: &[&str] = &[
    "Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Rodriguez", "Martinez", "Hernandez",
    "Lopez", "Gonzalez", "Wilson", "Anderson", "Thomas", "Taylor", "Moore", "Jackson", "Martin", "Lee", "Perez",
    "Thompson", "White", "Harris", "Sanchez", "Clark", "Ramirez", "Lewis", "Robinson", "Walker", "Young", "Allen",
    "King", "Wright", "Scott", "Torres", "Nguyen", "Hill", "Flores", "Green", "Adams", "Nelson", "Baker", "Hall",
    "Rivera", "Campbell", "Mitchell", "Carter", "Roberts", "Gomez", "Phillips", "Evans", "Turner", "Diaz", "Parker",
    "Cruz", "Edwards", "Collins", "Reyes", "Stewart", "Morris", "Morales", "Murphy", "Cook", "Rogers", "Gutierrez",
    "Ortiz", "Morgan", "Cooper", "Peterson", "Bailey", "Reed", "Kelly", "Howard", "Ramos", "Kim", "Cox", "Ward",
    "Richardson", "Watson", "Brooks", "Chavez", "Wood", "James", "Bennett", "Gray", "Mendoza", "Ruiz", "Hughes",
    "Price", "Alvarez", "Castillo", "Sanders", "Patel", "Myers", "Long", "Ross", "Foster", "Jimenez", "Powell",
    "Jenkins", "Perry", "Russell", "Sullivan", "Bell", "Coleman", "Butler", "Henderson", "Barnes", "Fisher", "Vasquez",
    "Simmons", "Romero", "Jordan", "Patterson", "Alexander", "Hamilton", "Graham", "Reynolds", "Griffin", "Wallace",
    "Moreno", "West", "Cole", "Hayes", "Bryant", "Herrera", "Gibson", "Ellis", "Tran", "Medina", "Aguilar", "Stevens",
    "Murray", "Ford", "Castro", "Marshall", "Owens", "Harrison", "Fernandez", "McDonald", "Woods", "Washington",
    "Kennedy", "Wells", "Vargas", "Henry", "Chen", "Freeman", "Webb", "Tucker", "Guzman", "Burns", "Crawford", "Olson",
    "Simpson", "Porter", "Hunter", "Gordon", "Mendez", "Silva", "Shaw", "Snyder", "Mason", "Dixon", "Muñoz", "Hunt",
    "Hicks", "Holmes", "Palmer", "Wagner", "Black", "Robertson", "Boyd", "Stone", "Salazar", "Fox", "Warren", "Mills",
    "Meyer", "Rice", "Schmidt", "Garza", "Daniels", "Ferguson", "Nichols", "Stephens", "Soto", "Weaver", "Ryan",
    "Gardner", "Payne", "Grant", "Dunn", "Kelley", "Spencer", "Hawkins", "Núñez", "Peña", "Ibáñez", "Müller",
    "Schäfer", "Lefèvre", "García", "O'Brien", "O'Connor", "D'Angelo", "de la Cruz", "van Dyke", "Van Buren",
    "St. John", "MacLeod", "McIntyre", "Björk", "Østergaard", "Nowak", "Kowalczyk", "Ivanov", "Petrenko", "Singh",
    "Kaur", "Sharma", "Iyer", "Rao", "Banerjee", "Wang", "Li", "Zhang", "Liu", "Yang", "Park", "Choi", "Tanaka", "Sato",
    "Suzuki", "Okafor", "Adeyemi", "Mensah", "Haddad", "Khalil", "Rahman", "Hussain", "Cohen", "Levy", "Katz", "Day",
    "Christmas", "Best", "Banks", "Street", "Lake", "Bush", "Noel", "Null", "Paris", "London", "Church", "Temple",
];

/// First halves of last names that are made up of two, for the long tail.
#[rustfmt::skip]
pub(super) const LAST_HEADS: &[&str] = &[
    "Ash", "Black", "Brad", "Burn", "Cald", "Clay", "Cran", "Crom", "Dray", "Dun", "East", "Elm", "Fair", "Gold",
    "Green", "Hal", "Har", "Hart", "Hazel", "Hollo", "Kings", "Lang", "Lock", "Mar", "Mill", "Nor", "Oak", "Pem",
    "Quin", "Rad", "Rock", "Row", "Sher", "Stan", "Sutt", "Thorn", "Under", "Wake", "Whit", "Win", "Wood", "Yar",
];

/// Second halves of last names.
#[rustfmt::skip]
pub(super) const LAST_TAILS: &[&str] = &[
    "berry", "born", "bourne", "bridge", "brook", "burn", "bury", "by", "cliffe", "combe", "croft", "dale", "den",
    "field", "ford", "gate", "grove", "ham", "hurst", "ington", "land", "leigh", "ley", "man", "mere", "more", "ridge",
    "shaw", "smith", "stead", "ston", "ton", "wald", "ward", "well", "wick", "wood", "worth",
];

/// A first name and what friends and forms make of it.
#[rustfmt::skip]
pub(super) const NICKNAMES: &[(&str, &[&str])] = &[
    ("Abigail", &["Abby"]),
    ("Alexander", &["Alex"]),
    ("Amanda", &["Mandy"]),
    ("Andrew", &["Andy", "Drew"]),
    ("Angela", &["Angie"]),
    ("Anthony", &["Tony"]),
    ("Barbara", &["Barb"]),
    ("Benjamin", &["Ben"]),
    ("Bradley", &["Brad"]),
    ("Catherine", &["Cathy", "Kate"]),
    ("Charles", &["Chuck", "Charlie"]),
    ("Christina", &["Tina", "Chris"]),
    ("Christine", &["Chris"]),
    ("Christopher", &["Chris"]),
    ("Cynthia", &["Cindy"]),
    ("Daniel", &["Dan", "Danny"]),
    ("David", &["Dave"]),
    ("Deborah", &["Debbie"]),
    ("Debra", &["Deb"]),
    ("Donald", &["Don"]),
    ("Douglas", &["Doug"]),
    ("Edward", &["Ed", "Ted"]),
    ("Elizabeth", &["Liz", "Beth", "Betsy"]),
    ("Eugene", &["Gene"]),
    ("Frances", &["Fran"]),
    ("Gerald", &["Jerry"]),
    ("Gregory", &["Greg"]),
    ("Jacob", &["Jake"]),
    ("Jacqueline", &["Jackie"]),
    ("James", &["Jim", "Jimmy"]),
    ("Jeffrey", &["Jeff"]),
    ("Jennifer", &["Jen", "Jenny"]),
    ("Jessica", &["Jess"]),
    ("John", &["Jack", "Johnny"]),
    ("Jonathan", &["Jon"]),
    ("Joseph", &["Joe"]),
    ("Joshua", &["Josh"]),
    ("Judith", &["Judy"]),
    ("Katherine", &["Kathy", "Kate"]),
    ("Kathleen", &["Kathy"]),
    ("Kathryn", &["Kathy"]),
    ("Kenneth", &["Ken"]),
    ("Kimberly", &["Kim"]),
    ("Lawrence", &["Larry"]),
    ("Margaret", &["Peggy", "Maggie"]),
    ("Matthew", &["Matt"]),
    ("Michael", &["Mike"]),
    ("Nathan", &["Nate"]),
    ("Nicholas", &["Nick"]),
    ("Pamela", &["Pam"]),
    ("Patricia", &["Pat", "Patty"]),
    ("Patrick", &["Pat"]),
    ("Philip", &["Phil"]),
    ("Raymond", &["Ray"]),
    ("Rebecca", &["Becky"]),
    ("Richard", &["Rick", "Dick"]),
    ("Robert", &["Bob", "Rob", "Bobby"]),
    ("Ronald", &["Ron"]),
    ("Russell", &["Russ"]),
    ("Samantha", &["Sam"]),
    ("Samuel", &["Sam"]),
    ("Stephanie", &["Steph"]),
    ("Stephen", &["Steve"]),
    ("Steven", &["Steve"]),
    ("Susan", &["Sue"]),
    ("Teresa", &["Terri"]),
    ("Thomas", &["Tom"]),
    ("Timothy", &["Tim"]),
    ("Victoria", &["Vicky"]),
    ("Vincent", &["Vince"]),
    ("Walter", &["Walt"]),
    ("William", &["Bill", "Will"]),
    ("Zachary", &["Zach"]),
];

/// Street names.
#[rustfmt::skip]
pub(super) const STREETS: &[&str] = &[
    "Main", "Oak", "Maple", "Cedar", "Elm", "Pine", "Washington", "Lake", "Hill", "Walnut", "Spring", "North", "Ridge",
    "Church", "Willow", "Mill", "Sunset", "Jackson", "River", "Highland", "Forest", "Park", "Johnson", "Dogwood",
    "Meadow", "Franklin", "Chestnut", "Spruce", "2nd", "3rd", "5th", "12th", "42nd", "Lincoln", "Magnolia", "Birch",
    "Valley View", "Country Club", "Old Post", "Quail Run", "Martin Luther King", "County Line", "Harbor", "Prospect",
];

/// Street kinds.
#[rustfmt::skip]
pub(super) const STREET_KINDS: &[&str] =
    &["St", "Ave", "Rd", "Dr", "Ln", "Blvd", "Ct", "Way", "Street", "Avenue", "Pl", "Terrace", "Pkwy", "Cir"];

/// Streets of the European customers.
#[rustfmt::skip]
pub(super) const EU_STREETS: &[&str] = &[
    "Bahnhofstraße", "Lindenweg", "Hauptstraße", "Rue de la Gare", "Rue des Lilas", "Calle Mayor", "Calle del Sol",
    "Via Roma", "Via Garibaldi", "Kerkstraat", "Molenweg", "Dorfstraße", "Avenue Foch", "Plaza Nueva", "Corso Italia",
];

/// Domains people have their mail at. All are reserved for examples and tests (RFC 2606) or below such a domain.
#[rustfmt::skip]
pub(super) const MAIL_DOMAINS: &[&str] = &[
    "mailhaus.example", "postbox.example", "inbox.test", "webpost.example", "cablenet.example", "quickmail.test",
    "letterdrop.example", "northuni.example", "alumni.northuni.example", "fiberline.test", "homemail.example",
    "example.com", "mail.cityworks.example", "pigeon.test",
];

/// Domains people move to; disjoint from the first list, so that old and new addresses never meet by chance.
#[rustfmt::skip]
pub(super) const MAIL_DOMAINS_NEW: &[&str] =
    &["skymail.example", "protonic.test", "mymail.example", "example.net", "example.org", "newpost.example"];

/// Products.
#[rustfmt::skip]
pub(super) const PRODUCTS: &[&str] = &[
    "Ashley Accent Chair", "Jordan Trail Shoe", "Madison Tote", "Kelly Green Throw", "Paris Bistro Table",
    "Graham Cracker Set", "Victoria Sponge Tin", "Charlotte Lamp", "Oxford Shirt", "Austin Cargo Short",
    "Walker Water Bottle 32oz", "Hunter Rain Boot", "Mason Jar 12-pack", "Carter Onesie", "Grace Bath Towel",
    "Stanley Tape Measure", "Wallet, Brown", "USB-C Cable 2m", "Desk Organizer", "Cast Iron Pan 10in", "Yoga Mat",
    "Dean Guitar Strap", "Sandy Beach Umbrella", "Rose Gold Watch", "Olive Oil 1L", "Basil Seeds", "Iris Bulbs",
];

/// Organisations.
#[rustfmt::skip]
pub(super) const ORGANISATIONS: &[&str] = &[
    "Harbor & Sons LLC", "Mitchell Roofing Inc", "St. Mary Parish School", "Johnson Controls Supply Co",
    "Lakeside Dental Group", "Brown Brothers Catering", "Grant County Library", "Young Explorers Daycare",
    "Smith Family Foundation", "Blue Ridge Outfitters", "Baker Street Bakery", "City of Fairview",
    "Turner Construction Rentals", "Bell & Howell Imaging", "Wells Logistics", "Martin Marine Services",
];

/// Words of support mail that carry nothing personal.
#[rustfmt::skip]
pub(super) const SMALL_TALK: &[&str] = &[
    "The box arrived with a dent on one side but the item seems fine.",
    "Could you tell me when the rest of it ships?",
    "I tried the chat twice and it closed on me both times.",
    "The size chart on the page (v2.14.0.3) does not match the label.",
    "I was charged $48.20 but the page said $42.80.",
    "Nothing urgent, whenever you get to it.",
    "The link you sent says it expired after 15 minutes.",
    "The tracking page has not moved since Tuesday.",
];

/// User agents of the web logs; their versions look like addresses.
#[rustfmt::skip]
pub(super) const AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.110 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 Version/17.2 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0",
    "BrightCart-Android/4.12.0.318 (build 20250114)",
    "curl/8.4.0",
];

/// Passwords that were kept in clear: made of words, none taken from a list of real ones.
#[rustfmt::skip]
pub(super) const PASSWORD_WORDS: &[&str] =
    &["teapot", "Harvest", "bluebird", "Orchid", "sunny", "Wrangler", "kestrel", "Marble", "poppy", "Canyon", "velvet"];

/// A name in plain ASCII letters, as systems that know no others keep it.
pub(super) fn ascii(name: &str) -> String {
    if name.is_ascii() {
        return name.to_string();
    }
    let mut out = String::with_capacity(name.len());
    for c in name.nfd() {
        match c {
            'ø' => out.push('o'),
            'Ø' => out.push('O'),
            'ł' => out.push('l'),
            'Ł' => out.push('L'),
            'ß' => out.push_str("ss"),
            c if c.is_ascii() => out.push(c),
            _ => {}
        }
    }
    out
}
