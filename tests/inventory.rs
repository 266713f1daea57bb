//! The inventory: what is written comes back, runs become visible whole or not at all, and other programs can read it.

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use rollcall::inventory::{CommitStep, Inventory, InventoryError, Snapshot, Writer, digest};
use rollcall::model::detector::{Class, Confidence};
use rollcall::model::element::{Element, Form};
use rollcall::model::gap::{Gap, GapKind};
use rollcall::model::mention::{
    Mention, MentionElement, NameSignature, Population, Residence, ResidenceBasis, Role, Token, TokenValue,
};
use rollcall::model::object::{Object, Status};
use rollcall::model::rows::{
    Certainty, ConsumerRow, FieldRow, IdentifierRow, LinkMention, LinkRow, MembershipRow, MentionId, MentionRow,
    ObjectResult, ObjectRow, OrphanRow, RunRow, Tables,
};
use rollcall::model::shared::SharedText;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

const FORMS: [Form; 5] = [Form::Clear, Form::Truncated, Form::Hashed, Form::Encrypted, Form::Tokenised];
const CLASSES: [Class; 4] = [Class::Primary, Class::Secondary, Class::Tertiary, Class::None];
const CONFIDENCES: [Confidence; 3] = [Confidence::Low, Confidence::Medium, Confidence::High];
const STATUSES: [Status; 4] = [Status::Complete, Status::Partial, Status::Skipped, Status::Failed];
const GAPS: [GapKind; 13] = [
    GapKind::NotFound,
    GapKind::PermissionDenied,
    GapKind::Unsupported,
    GapKind::Truncated,
    GapKind::Corrupt,
    GapKind::Expansion,
    GapKind::Depth,
    GapKind::RecordSize,
    GapKind::FieldCount,
    GapKind::Changed,
    GapKind::LateParent,
    GapKind::Io,
    GapKind::Internal,
];
const NAMES: [&str; 5] = ["", "/Customer/*/E-Mail", "straße/住所/🏠", "a'b\"c\n\\", "nul\0byte"];

/// The element of a slice that a number points at, round and round.
fn pick<T: Clone>(all: &[T], n: u64) -> T {
    all[n as usize % all.len()].clone()
}

/// A number of a kind that storage likes to get wrong.
fn edge(n: u64) -> u64 {
    pick(&[0, 1, u64::MAX, i64::MAX as u64, i64::MAX as u64 + 1, 0x8000_0000, 1 << 53], n)
}

fn token(n: u64) -> TokenValue {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    bytes[8..].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
    TokenValue(bytes)
}

fn element(n: u64) -> MentionElement {
    MentionElement { element: pick(Element::ALL, n), form: pick(&FORMS, n) }
}

fn residence(n: u64) -> Option<Residence> {
    let (country, state) = pick(&[(*b"US", *b"CA"), (*b"DE", *b"  "), (*b"  ", *b"  "), ([0xff, 0], *b"\xc3(")], n / 2);
    (n % 2 == 1).then(|| Residence { country, state, basis: pick(&ResidenceBasis::ALL, n / 2) })
}

fn object_row(id: u64, run: u64) -> ObjectRow {
    ObjectRow {
        id,
        object: Object {
            uri: format!("file:///data/{id}/{}", pick(&NAMES, id)),
            path: pick(&NAMES, id.wrapping_add(1)).to_string(),
            version: format!("v{}", id % 3),
            size: edge(id),
            modified: pick(&[None, Some(0), Some(-1), Some(1_764_000_000_123_456)], id),
        },
        source: "file:///data/".to_string(),
        run,
        valid_from: run,
        valid_to: None,
        content_hash: "ab".repeat((id % 2) as usize * 32),
        format: "gzip/csv".to_string(),
        dialect: pick(&NAMES, id.wrapping_add(2)).to_string(),
        status: pick(&STATUSES, id),
        gaps: (0..id % 3)
            .map(|g| Gap {
                kind: pick(&GAPS, id.wrapping_add(g)),
                offset: pick(&[None, Some(edge(id))], g + id),
                bytes: pick(&[Some(edge(id.wrapping_add(1))), None], g),
                detail: pick(&NAMES, g).to_string(),
            })
            .collect(),
        bytes_read: edge(id.wrapping_add(2)),
        bytes_decoded: edge(id.wrapping_add(3)),
        records: id.wrapping_mul(1000),
        records_rejected: edge(id.wrapping_add(4)),
        listed_at: 1_764_000_000_000_001,
        read_at: -5,
        policy: "policy".to_string(),
    }
}

fn field_row(object: u64, n: u64) -> FieldRow {
    FieldRow {
        object,
        path: pick(&NAMES, n).to_string(),
        detector: "us/ssn".to_string(),
        element: pick(Element::ALL, n),
        values: edge(n),
        matches: edge(n + 1),
        valid: n,
        confidence: [n, edge(n + 2)],
        marks: [n, edge(n + 3), n + 1, edge(n + 4)],
        distinct: edge(n + 5),
        first_rows: (0..n % 9).map(edge).collect(),
    }
}

fn orphan_row(object: u64, n: u64) -> OrphanRow {
    OrphanRow {
        object,
        path: pick(&NAMES, n).to_string(),
        element: element(n),
        count: edge(n),
        distinct: n,
        first_rows: (0..n % 9).collect(),
        reason: pick(&NAMES, n + 1).into(),
    }
}

fn mention_row(object: u64, number: u64) -> MentionRow {
    let n = object.wrapping_mul(31).wrapping_add(number);
    let tokens = (0..n % 5).map(|t| Token {
        value: token(n + t),
        kind: pick(Element::ALL, n + t),
        class: pick(&CLASSES, n + t),
        namespace: pick(&NAMES, t).into(),
    });
    let mut name = NameSignature::default();
    if !n.is_multiple_of(3) {
        name = NameSignature {
            first: edge(n),
            first_roots: [edge(n + 1), edge(n + 4), 0, n],
            initial: n,
            first_sound: edge(n + 2),
            last: edge(n + 3),
            last_sound: n,
            first_near: pick(&[[0; 10], [1, 2, u16::MAX, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0, 9]], n),
            last_near: pick(&[[u16::MAX; 10], [0x8000, 0, 7, 0, 0, 0, 0, 0, 0, 0]], n),
        };
    }
    MentionRow {
        object,
        number,
        segment: pick(&[0, 1, u32::MAX], n),
        mention: Mention {
            role: pick(&Role::ALL, n),
            population: pick(&Population::ALL, n),
            tokens: tokens.collect(),
            name,
            elements: (0..n % 4).map(|e| element(n + e)).collect(),
            confidence: pick(&CONFIDENCES, n),
            residence: residence(n),
            event_day: pick(&[None, Some(0), Some(-1), Some(20_000), Some(i32::MAX), Some(i32::MIN)], n),
            count: edge(n),
            rows: (0..n % 4).map(|r| (edge(n + r), edge(n + r + 1))).collect(),
            path: pick(&NAMES, n).into(),
            source: (n, edge(n)),
        },
    }
}

fn consumer_row(n: u64) -> ConsumerRow {
    ConsumerRow {
        id: token(n),
        population: pick(&Population::ALL, n),
        elements: (0..n % 4).map(|e| element(n + e)).collect(),
        named: n.is_multiple_of(2),
        residence: residence(n),
        residence_rejected: (0..n % 3).filter_map(|r| residence(2 * (n + r) + 1)).collect(),
        mentions: edge(n),
        records: edge(n + 1),
        objects: n,
        cluster: n.is_multiple_of(3).then(|| token(n / 2)),
        cluster_reason: pick(&["", "name_conflict"], n).into(),
    }
}

fn identifier_row(n: u64) -> IdentifierRow {
    IdentifierRow {
        token: token(n / 2),
        kind: pick(Element::ALL, n),
        namespace: pick(&NAMES, n).into(),
        class: pick(&CLASSES, n),
        consumer: (n % 2 == 1).then(|| token(n / 3)),
        names: pick(&[0, 1, u32::MAX], n),
        hub: n.is_multiple_of(2),
        mentions: edge(n),
    }
}

fn membership_row(object: u64, number: u64, consumer: u64) -> MembershipRow {
    let certainty = pick(&Certainty::ALL, number);
    MembershipRow { mention: MentionId { object, number }, consumer: token(consumer), certainty }
}

fn link_row(n: u64) -> LinkRow {
    LinkRow {
        consumer: token(n),
        left: MentionId { object: 1 + n % 3, number: edge(n) },
        right: MentionId { object: 1 + n % 2, number: edge(n + 1) },
        token: token(n + 1),
        rule: pick(&["primary", "tertiary_name", "key", "attached"], n).into(),
    }
}

pub fn run_row() -> RunRow {
    RunRow {
        run: 0,
        command: "scan".to_string(),
        arguments: vec!["data/".to_string(), String::new(), "ü".to_string()],
        operator: "someone".to_string(),
        program: "rollcall 0".to_string(),
        policy: "policy".to_string(),
        key_id: String::new(),
        started_at: 1_764_000_000_000_000,
        ended_at: 1_764_000_000_000_999,
        outcome: "complete".to_string(),
        objects: [1, 2, 3, 4, 5, 6],
        bytes_read: u64::MAX,
        consumers: 7,
        mentions: 8,
        previous: String::new(),
    }
}

/// Writes an object with `mentions` mentions, and some fields and orphans.
pub fn write_object(writer: &mut Writer, mentions: u64) -> u64 {
    let (id, run) = (writer.next_object_id(), writer.next_run());
    for number in 0..mentions {
        writer.mention(mention_row(id, number)).unwrap();
    }
    let result = ObjectResult {
        object: object_row(id, run),
        fields: (0..3).map(|n| field_row(id, id + n)).collect(),
        orphans: (0..2).map(|n| orphan_row(id, id + n)).collect(),
    };
    writer.object(result).unwrap();
    id
}

/// A first run: three objects of forty mentions, and people.
fn first_run(inventory: &Inventory) -> RunRow {
    let mut writer = inventory.begin().unwrap();
    let ids = [40, 40, 40].map(|mentions| write_object(&mut writer, mentions));
    assert_eq!(ids, [1, 2, 3]);
    writer.seal_observed().unwrap();
    let mut derived = writer.derived();
    for n in 0..30 {
        derived.consumers.push(consumer_row(n)).unwrap();
        derived.identifiers.push(identifier_row(n)).unwrap();
        derived.memberships.push(membership_row(1 + n % 3, n, n)).unwrap();
        derived.links.push(link_row(n)).unwrap();
    }
    drop(derived);
    writer.commit(run_row()).unwrap()
}

fn inventory(folder: &Path) -> Inventory {
    Inventory::create_or_open(folder, "key-1").unwrap()
}

/// The rows that a reading hands over.
fn collect<T>(read: impl FnOnce(&mut dyn FnMut(T) -> io::Result<()>) -> io::Result<()>) -> Vec<T> {
    let mut rows = Vec::new();
    read(&mut |row| {
        rows.push(row);
        Ok(())
    })
    .unwrap();
    rows
}

pub fn ids(tables: &dyn Tables) -> Vec<u64> {
    let mut ids: Vec<u64> = collect(|each| tables.objects(false, each)).iter().map(|row| row.id).collect();
    ids.sort_unstable();
    ids
}

/// Everything a snapshot says, as text, for comparing states.
pub fn everything(tables: &dyn Tables) -> Vec<String> {
    fn lines<T: std::fmt::Debug>(rows: Vec<T>) -> Vec<String> {
        rows.iter().map(|row| format!("{row:?}")).collect()
    }
    let mut all = [
        lines(collect(|each| tables.objects(true, each))),
        lines(collect(|each| tables.fields(None, each))),
        lines(collect(|each| tables.mentions(None, each))),
        lines(collect(|each| tables.orphans(None, each))),
        lines(collect(|each| tables.memberships(None, each))),
        lines(collect(|each| tables.consumers(each))),
        lines(collect(|each| tables.identifiers(each))),
        lines(collect(|each| tables.links(each))),
    ]
    .concat();
    all.sort();
    all
}

/// Every file below a folder.
fn listing(folder: &Path) -> BTreeSet<PathBuf> {
    let files =
        walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.unwrap()).filter(|e| e.file_type().is_file());
    files.map(|entry| entry.path().strip_prefix(folder).unwrap().to_path_buf()).collect()
}

/// The files of a table's newest version and their rows, read from its log as the Delta protocol says and by nothing of
/// the program's own.
fn newest_files(folder: &Path, table: &str) -> BTreeMap<String, u64> {
    let log = folder.join(table).join("_delta_log");
    let mut versions: Vec<_> = std::fs::read_dir(log).unwrap().map(|entry| entry.unwrap().path()).collect();
    versions.sort();
    let mut files = BTreeMap::new();
    for (number, path) in versions.iter().enumerate() {
        assert_eq!(path.file_name().unwrap().to_str().unwrap(), format!("{number:020}.json"), "versions have no holes");
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let action: serde_json::Value = serde_json::from_str(line).unwrap();
            if let Some(path) = action["add"]["path"].as_str() {
                let stats = action["add"]["stats"].as_str().unwrap();
                let stats: serde_json::Value = serde_json::from_str(stats).unwrap();
                files.insert(path.to_string(), stats["numRecords"].as_u64().unwrap());
            }
            if let Some(path) = action["remove"]["path"].as_str() {
                assert!(files.remove(path).is_some(), "only what is there is removed");
            }
        }
    }
    files
}

const TABLES: [&str; 9] =
    ["objects", "fields", "mentions", "orphans", "identifiers", "consumers", "memberships", "links", "runs"];

#[test]
fn every_table_comes_back_row_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = inventory(folder.path());
    let run = first_run(&inventory);
    assert_eq!((run.run, run.key_id.as_str(), run.previous.as_str()), (1, "key-1", ""));
    let snapshot = inventory.snapshot().unwrap();

    let objects = collect(|each| snapshot.objects(false, each));
    assert_eq!(objects, (1..=3).map(|id| object_row(id, 1)).collect::<Vec<_>>());
    let mentions = collect(|each| snapshot.mentions(None, each));
    let expected: Vec<_> = (1..=3).flat_map(|id| (0..40).map(move |number| mention_row(id, number))).collect();
    assert_eq!(mentions, expected);
    let fields = collect(|each| snapshot.fields(None, each));
    assert_eq!(fields, (1..=3).flat_map(|id| (0..3).map(move |n| field_row(id, id + n))).collect::<Vec<_>>());
    let orphans = collect(|each| snapshot.orphans(None, each));
    assert_eq!(orphans, (1..=3).flat_map(|id| (0..2).map(move |n| orphan_row(id, id + n))).collect::<Vec<_>>());
    assert_eq!(collect(|each| snapshot.consumers(each)), (0..30).map(consumer_row).collect::<Vec<_>>());
    assert_eq!(collect(|each| snapshot.identifiers(each)), (0..30).map(identifier_row).collect::<Vec<_>>());
    assert_eq!(collect(|each| snapshot.links(each)), (0..30).map(link_row).collect::<Vec<_>>());
    let memberships = collect(|each| snapshot.memberships(None, each));
    assert_eq!(memberships, (0..30).map(|n| membership_row(1 + n % 3, n, n)).collect::<Vec<_>>());
    assert_eq!(snapshot.runs().unwrap(), [run]);

    // Linking sees of a mention what the mention says.
    let link_mentions = collect(|each| snapshot.link_mentions(&mut |mention| each(mention.clone())));
    let expected = expected.into_iter().map(|MentionRow { object, number, mention: m, .. }| LinkMention {
        id: MentionId { object, number },
        main: m.role == Role::Subject || m.role == Role::Buyer,
        population: m.population,
        tokens: m.tokens,
        name: m.name,
        elements: m.elements,
        residence: m.residence,
        event_day: m.event_day,
        count: m.count,
    });
    assert_eq!(link_mentions, expected.collect::<Vec<_>>());
    assert_eq!(inventory.check().unwrap(), [] as [String; 0]);
}

/// Codes come to the writer as numbers; a file says text of them, and has dictionaries where reading counts on them.
#[test]
fn files_hold_plain_types() {
    let folder = tempfile::tempdir().unwrap();
    first_run(&inventory(folder.path()));
    let mut dictionaries = BTreeSet::new();
    for table in TABLES {
        for name in newest_files(folder.path(), table).keys() {
            let file = std::fs::File::open(folder.path().join(table).join(name)).unwrap();
            let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
            let schema = format!("{:?}", reader.schema());
            assert!(!schema.contains("Dictionary"), "{table}: {schema}");
            for column in reader.metadata().row_groups().iter().flat_map(|group| group.columns()) {
                if column.dictionary_page_offset().is_some() {
                    dictionaries.insert(format!("{table}: {}", column.column_path().string()));
                }
            }
        }
    }
    for code in [
        "mentions: role",
        "mentions: tokens.list.element.kind",
        "mentions: elements.list.element.form",
        "mentions: residence.country",
        "mentions: name.first",
        "identifiers: kind",
        "memberships: certainty",
    ] {
        assert!(dictionaries.contains(code), "{code} of {dictionaries:?}");
    }
    for other in ["mentions: object", "mentions: tokens.list.element.token", "mentions: path", "identifiers: mentions"]
    {
        assert!(!dictionaries.contains(other), "{other} of {dictionaries:?}");
    }
}

#[test]
fn an_object_id_of_any_size_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = inventory(folder.path());
    let mut writer = inventory.begin().unwrap();
    let ids = [7, i64::MAX as u64, i64::MAX as u64 + 1, u64::MAX];
    for id in ids {
        writer.mention(mention_row(id, 0)).unwrap();
        writer.object(ObjectResult { object: object_row(id, 1), fields: vec![], orphans: vec![] }).unwrap();
    }
    writer.commit(run_row()).unwrap();
    let snapshot = inventory.snapshot().unwrap();
    for id in ids {
        let only = BTreeSet::from([id, 8]);
        assert_eq!(collect(|each| snapshot.mentions(Some(&only), each)), [mention_row(id, 0)]);
    }
}

#[test]
fn an_empty_inventory_is_readable() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = inventory(&folder.path().join("new/place"));
    let snapshot = inventory.snapshot().unwrap();
    assert!(everything(&snapshot).is_empty());
    assert!(snapshot.runs().unwrap().is_empty());
    assert!(inventory.check().unwrap().is_empty());
}

#[test]
fn an_error_from_the_callback_ends_the_reading_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = inventory(folder.path());
    first_run(&inventory);
    let mut seen = 0;
    let error = inventory.snapshot().unwrap().mentions(None, &mut |_| {
        seen += 1;
        if seen == 5 { Err(io::Error::new(io::ErrorKind::Interrupted, "enough")) } else { Ok(()) }
    });
    assert_eq!((error.unwrap_err().to_string().as_str(), seen), ("enough", 5));
}

#[test]
fn a_second_writer_is_refused_and_told_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = inventory(folder.path());
    let writer = inventory.begin().unwrap();
    let error = Inventory::open(folder.path()).unwrap().begin().err().unwrap();
    assert!(matches!(error, InventoryError::Locked { .. }));
    let text = error.to_string();
    assert!(text.contains(&format!("process {}", std::process::id())) && text.contains("wait for it"), "{text}");
    // Readers need no lock, and a writer that is gone leaves none.
    inventory.snapshot().unwrap();
    drop(writer);
    inventory.begin().unwrap();
}

#[test]
fn a_wrong_key_a_newer_format_and_a_strange_folder_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    inventory(&home);
    let text = Inventory::create_or_open(&home, "key-2").err().unwrap().to_string();
    assert!(text.contains("made with key key-1, the given key is key-2"), "{text}");
    assert_eq!(Inventory::open(&home).unwrap().key_id(), "key-1");

    std::fs::write(home.join("_rollcall_inventory"), r#"{"format":2,"key_id":"key-1","more":true}"#).unwrap();
    let text = Inventory::open(&home).err().unwrap().to_string();
    assert!(text.contains("format version 2") && text.contains("newer rollcall"), "{text}");
    std::fs::write(home.join("_rollcall_inventory"), "not json").unwrap();
    assert!(matches!(Inventory::open(&home), Err(InventoryError::Corrupt(_))));

    let strange = folder.path().join("strange");
    std::fs::create_dir(&strange).unwrap();
    assert!(matches!(Inventory::open(&strange), Err(InventoryError::Missing(_))));
    std::fs::write(strange.join("letter.txt"), "hello").unwrap();
    assert!(matches!(Inventory::open(&strange), Err(InventoryError::NotAnInventory(_))));
    assert!(matches!(Inventory::create_or_open(&strange, "key-1"), Err(InventoryError::NotAnInventory(_))));
    assert_eq!(listing(&strange).len(), 1, "a refused folder stays as it was");
}

#[test]
fn a_killed_commit_changes_nothing_and_the_next_run_repairs_it() {
    let steps = [CommitStep::Data, CommitStep::Intent].into_iter().chain((0..=9).map(CommitStep::Tables));
    for step in steps {
        let folder = tempfile::tempdir().unwrap();
        let inventory = inventory(folder.path());
        first_run(&inventory);
        let before = everything(&inventory.snapshot().unwrap());
        let rows_before = TABLES.map(|table| newest_files(folder.path(), table));

        let mut writer = inventory.begin().unwrap();
        write_object(&mut writer, 10);
        writer.retire(2);
        writer.seal_observed().unwrap();
        writer.derived().consumers.push(consumer_row(99)).unwrap();
        writer.commit_until(run_row(), step).unwrap();

        let snapshot = inventory.snapshot().unwrap();
        assert_eq!(everything(&snapshot), before, "{step:?}: readers see the run before");
        assert_eq!(snapshot.runs().unwrap().len(), 1);

        // A writer that only begins and ends repairs it, for plain readers of the newest versions too.
        inventory.begin().unwrap().abort().unwrap();
        assert_eq!(TABLES.map(|table| newest_files(folder.path(), table)), rows_before, "{step:?}");
        assert_eq!(everything(&inventory.snapshot().unwrap()), before, "{step:?}");
        assert!(listing(&folder.path().join("runs/_intent")).is_empty());
        let repaired = listing(folder.path());
        inventory.begin().unwrap().abort().unwrap();
        assert_eq!(listing(folder.path()), repaired, "{step:?}: there is nothing left to repair");

        // And the run can be made again, with the numbers it would have had.
        let mut writer = inventory.begin().unwrap();
        assert_eq!((writer.next_run(), write_object(&mut writer, 10)), (2, 4));
        writer.commit(run_row()).unwrap();
        assert_eq!(ids(&inventory.snapshot().unwrap()), [1, 2, 3, 4]);
        assert_eq!(inventory.check().unwrap(), [] as [String; 0], "{step:?}");
    }
}

#[test]
fn a_run_killed_after_its_record_is_committed() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = inventory(folder.path());
    first_run(&inventory);
    let mut writer = inventory.begin().unwrap();
    write_object(&mut writer, 10);
    writer.commit_until(run_row(), CommitStep::Record).unwrap();
    assert_eq!(ids(&inventory.snapshot().unwrap()), [1, 2, 3, 4]);
    assert_eq!(inventory.begin().unwrap().next_run(), 3);
    assert!(listing(&folder.path().join("runs/_intent")).is_empty());
    assert_eq!(inventory.check().unwrap(), [] as [String; 0]);
}

#[test]
fn half_written_files_of_a_crash_are_cleared_away() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = inventory(folder.path());
    first_run(&inventory);
    let sound = listing(folder.path());
    for left in ["mentions/0000000002-00000-dead.parquet", "mentions/_delta_log/.x.partial", "runs/_commits/.y.partial"]
    {
        std::fs::write(folder.path().join(left), b"PAR1 half").unwrap();
    }
    std::fs::write(folder.path().join("runs/_intent/00000000000000000002.json"), b"{}").unwrap();
    assert_eq!(ids(&inventory.snapshot().unwrap()), [1, 2, 3]);
    inventory.begin().unwrap().abort().unwrap();
    let lock = [PathBuf::from("_lock")];
    assert_eq!(listing(folder.path()), sound.union(&lock.into()).cloned().collect());
}

#[test]
fn a_writer_that_is_dropped_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = inventory(folder.path());
    first_run(&inventory);
    let before = listing(folder.path());
    let mut writer = inventory.begin().unwrap();
    write_object(&mut writer, 5000);
    writer.seal_observed().unwrap();
    write_object(&mut writer, 5000);
    // More than one thread's batch, so that there is one who writes.
    let mut derived = writer.derived();
    (0..5000).for_each(|n| derived.consumers.push(consumer_row(n)).unwrap());
    drop(derived);
    assert!(listing(folder.path()).len() > before.len());
    drop(writer);
    assert_eq!(listing(folder.path()), before);
}

#[test]
fn what_fails_beside_linking_ends_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = inventory(folder.path());
    let mut writer = inventory.begin().unwrap();
    // No file can be made: the table's folder is a file.
    let consumers = folder.path().join("consumers");
    std::fs::remove_dir_all(&consumers).unwrap();
    std::fs::write(&consumers, b"").unwrap();
    let mut derived = writer.derived();
    let pushed = (0..100_000).try_for_each(|n| derived.consumers.push(consumer_row(n)));
    let error = pushed.expect_err("rows go nowhere, and nobody says so").to_string();
    assert!(error.contains("consumers"), "{error}");
    drop(derived);
    drop(writer);
    std::fs::remove_file(&consumers).unwrap();
    std::fs::create_dir(&consumers).unwrap();
    assert_eq!(inventory.snapshot().unwrap().runs().unwrap().len(), 0);
}

#[test]
fn a_failed_write_names_the_file_and_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = inventory(folder.path());
    first_run(&inventory);
    let before = everything(&inventory.snapshot().unwrap());
    let mut writer = inventory.begin().unwrap();
    write_object(&mut writer, 10);
    // The intent cannot be put: its folder is a file.
    let intents = folder.path().join("runs/_intent");
    std::fs::remove_dir(&intents).unwrap();
    std::fs::write(&intents, b"").unwrap();
    let error = writer.commit(run_row()).unwrap_err().to_string();
    assert!(error.contains("_intent"), "{error}");
    assert_eq!(everything(&inventory.snapshot().unwrap()), before);
    std::fs::remove_file(&intents).unwrap();
    inventory.begin().unwrap().abort().unwrap();
    assert_eq!(everything(&inventory.snapshot().unwrap()), before);
}

#[test]
fn a_second_run_extends_retires_and_links_before_it_commits() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = inventory(folder.path());
    let first = first_run(&inventory);
    let old = inventory.snapshot().unwrap();
    let old_says = everything(&old);

    let mut writer = inventory.begin().unwrap();
    assert_eq!(write_object(&mut writer, 40), 4);
    writer.retire(2);
    writer.retire(77);
    writer.seal_observed().unwrap();
    let view = writer.view();
    assert_eq!(ids(&view), [1, 3, 4]);
    let seen: BTreeSet<u64> =
        collect(|each| view.link_mentions(&mut |mention| each(mention.clone()))).iter().map(|m| m.id.object).collect();
    assert_eq!(seen, BTreeSet::from([1, 3, 4]));
    // Linking reads the view while it writes.
    let mut derived = writer.derived();
    view.link_mentions(&mut |mention| {
        derived.memberships.push(membership_row(mention.id.object, mention.id.number, 5))
    })
    .unwrap();
    derived.consumers.push(consumer_row(5)).unwrap();
    drop(derived);
    let second = writer.commit(run_row()).unwrap();

    let new = inventory.snapshot().unwrap();
    assert_eq!(ids(&new), [1, 3, 4]);
    let retired: Vec<_> =
        collect(|each| new.objects(true, each)).into_iter().filter(|row| row.valid_to.is_some()).collect();
    assert_eq!(retired, [ObjectRow { valid_to: Some(2), ..object_row(2, 1) }]);
    assert_eq!(collect(|each| new.objects(true, each)), collect(|each| new.objects(true, each)));
    assert_eq!(collect(|each| new.memberships(None, each)).len(), 120);
    assert_eq!(collect(|each| new.consumers(each)), [consumer_row(5)], "derived tables are replaced wholly");
    assert!(collect(|each| new.links(each)).is_empty());
    let fields: BTreeSet<u64> = collect(|each| new.fields(None, each)).iter().map(|row| row.object).collect();
    assert_eq!(fields, BTreeSet::from([1, 3, 4]));
    assert!(collect(|each| new.mentions(Some(&BTreeSet::from([2])), each)).is_empty(), "a retired object says nothing");
    assert_eq!(everything(&old), old_says, "a snapshot stays what it was");
    assert_eq!(new.runs().unwrap(), [first, second.clone()]);

    // The chain holds the hash of the record before.
    let record = std::fs::read(folder.path().join("runs/_commits/00000000000000000001.json")).unwrap();
    let hash: String = <sha2::Sha256 as sha2::Digest>::digest(&record).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(second.previous, hash);

    // A run that derives nothing keeps what was derived; one that retires again changes nothing.
    let mut writer = inventory.begin().unwrap();
    writer.retire(2);
    writer.commit(run_row()).unwrap();
    let third = inventory.snapshot().unwrap();
    assert_eq!(collect(|each| third.consumers(each)), [consumer_row(5)]);
    let valid_to: Vec<_> = collect(|each| third.objects(true, each)).iter().filter_map(|row| row.valid_to).collect();
    assert_eq!(valid_to, [2]);
    assert_eq!(inventory.check().unwrap(), [] as [String; 0]);
}

#[test]
fn derived_rows_out_of_order_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = inventory(folder.path());
    let mut writer = inventory.begin().unwrap();
    let mut derived = writer.derived();
    derived.consumers.push(consumer_row(2)).unwrap();
    assert!(derived.consumers.push(consumer_row(2)).is_err());
    derived.identifiers.push(identifier_row(4)).unwrap();
    derived.identifiers.push(identifier_row(5)).unwrap();
    assert!(derived.identifiers.push(identifier_row(1)).is_err());
}

/// An inventory of some objects, given by their place in a fixed list, in the order in which they are read.
fn digest_of(order: &[u64], change: impl Fn(&mut MentionRow)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let inventory = inventory(folder.path());
    let mut id_of = BTreeMap::new();
    for chunk in order.chunks(2) {
        let mut writer = inventory.begin().unwrap();
        for &n in chunk {
            let (id, run) = (writer.next_object_id(), writer.next_run());
            id_of.insert(n, id);
            for number in 0..20 {
                let mut row = MentionRow { object: id, ..mention_row(n, number) };
                change(&mut row);
                writer.mention(row).unwrap();
            }
            let at = run as i64;
            let object = ObjectRow { id, run, valid_from: run, listed_at: at, read_at: at, ..object_row(n, 0) };
            let fields = vec![FieldRow { object: id, ..field_row(0, n) }];
            let orphans = vec![OrphanRow { object: id, ..orphan_row(0, n) }];
            writer.object(ObjectResult { object, fields, orphans }).unwrap();
        }
        let mut derived = writer.derived();
        for (&n, &object) in &id_of {
            derived.consumers.push(consumer_row(n)).unwrap();
            derived.identifiers.push(identifier_row(n)).unwrap();
            derived.memberships.push(membership_row(object, 3, n)).unwrap();
            let least = *id_of.values().next().unwrap();
            let (left, right) = (MentionId { object, number: 1 }, MentionId { object: least, number: 2 });
            derived.links.push(LinkRow { left, right, ..link_row(n) }).unwrap();
        }
        drop(derived);
        writer.commit(run_row()).unwrap();
    }
    digest(&inventory.snapshot().unwrap()).unwrap()
}

#[test]
fn the_digest_is_of_what_is_said_not_of_how_it_came() {
    let base = digest_of(&[5, 6, 7, 8], |_| {});
    assert_eq!(base.len(), 64);
    assert_eq!(digest_of(&[8, 6, 5, 7], |_| {}), base, "neither order nor object ids nor runs count");
    assert_ne!(digest_of(&[5, 6, 7], |_| {}), base);
    let changes: [fn(&mut Mention); 7] = [
        |m| m.count ^= 1,
        |m| m.path = "/elsewhere".into(),
        |m| m.event_day = Some(1),
        |m| m.name.last_near[9] ^= 1,
        |m| m.rows.push((1, 1)),
        |m| {
            m.tokens.push(Token {
                value: token(1),
                kind: Element::Ssn,
                class: Class::Primary,
                namespace: SharedText::from(""),
            })
        },
        |m| m.residence = Some(Residence { country: *b"FR", state: *b"  ", basis: ResidenceBasis::Billing }),
    ];
    let mut all = BTreeSet::from([base]);
    for (i, change) in changes.iter().enumerate() {
        let one = |row: &mut MentionRow| {
            if row.number == 17 && row.mention == mention_row(6, 17).mention {
                change(&mut row.mention);
            }
        };
        assert!(all.insert(digest_of(&[5, 6, 7, 8], one)), "change {i} of one mention is seen");
    }
}

#[test]
fn a_writer_holds_few_rows_however_many_it_writes() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = inventory(folder.path());
    let mut writer = inventory.begin().unwrap();
    let (mut rows_max, mut bytes_max, mut id) = (0, 0, 0);
    for number in 0..300_000 {
        if number % 10_000 == 0 {
            id = writer.next_object_id();
            writer.object(ObjectResult { object: object_row(id, 1), fields: vec![], orphans: vec![] }).unwrap();
        }
        writer.mention(mention_row(id, number)).unwrap();
        rows_max = rows_max.max(writer.rows_buffered());
        bytes_max = bytes_max.max(writer.bytes_buffered());
    }
    assert!(rows_max <= (32 << 10) + 1024, "{rows_max} rows waited");
    assert!(bytes_max <= 8 << 20, "{bytes_max} bytes waited");
    writer.commit(run_row()).unwrap();

    // A question about one object reads the row groups that hold it and no others.
    let snapshot = inventory.snapshot().unwrap();
    let mut count = 0;
    let counted = |snapshot: &Snapshot, only: Option<&BTreeSet<u64>>, count: &mut u64| {
        let before = snapshot.row_groups_read();
        snapshot
            .mentions(only, &mut |_| {
                *count += 1;
                Ok(())
            })
            .unwrap();
        snapshot.row_groups_read() - before
    };
    snapshot.objects(false, &mut |_| Ok(())).unwrap();
    let live = snapshot.mentions(Some(&BTreeSet::new()), &mut |_| Ok(())).map(|()| snapshot.row_groups_read()).unwrap();
    assert!(live <= 2, "a question about nothing reads the objects only");
    let some = counted(&snapshot, Some(&BTreeSet::from([3])), &mut count);
    assert_eq!(count, 10_000);
    count = 0;
    let all = counted(&snapshot, None, &mut count);
    assert_eq!(count, 300_000);
    // A thirtieth of the rows, and the two row groups that it shares with its neighbours.
    assert!(all >= 9 && some <= all / 30 + 2, "{some} row groups of {all} were read for one object of thirty");
}

#[test]
fn check_finds_what_is_missing_and_what_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = inventory(folder.path());
    first_run(&inventory);
    let mut writer = inventory.begin().unwrap();
    write_object(&mut writer, 40);
    let mut derived = writer.derived();
    derived.consumers.push(consumer_row(1)).unwrap();
    derived.memberships.push(membership_row(1, 0, 1)).unwrap();
    derived.memberships.push(membership_row(1, 4000, 1)).unwrap();
    derived.memberships.push(membership_row(1, 1, 2)).unwrap();
    drop(derived);
    writer.commit(run_row()).unwrap();
    let problems = inventory.check().unwrap();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains("1 memberships are of mentions that are not there: 1/4000"), "{problems:?}");
    assert!(problems[1].contains("1 memberships are of consumers that are not there"), "{problems:?}");

    let record = folder.path().join("runs/_commits/00000000000000000001.json");
    let original = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, original.replace("someone", "nobody")).unwrap();
    let problems = inventory.check().unwrap();
    assert!(problems.len() == 1 && problems[0].contains("run 2 was committed after another run 1"), "{problems:?}");
    std::fs::write(&record, original).unwrap();

    let file = newest_files(folder.path(), "mentions").into_keys().next().unwrap();
    std::fs::remove_file(folder.path().join("mentions").join(&file)).unwrap();
    let problems = inventory.check().unwrap();
    assert!(problems.len() == 1 && problems[0].contains(&file), "{problems:?}");
}

#[test]
#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
fn other_programs_read_every_table() {
    let folder = tempfile::tempdir().unwrap();
    let inventory = inventory(folder.path());
    first_run(&inventory);
    let first = inventory.snapshot().unwrap();
    let mut writer = inventory.begin().unwrap();
    write_object(&mut writer, 40);
    writer.retire(2);
    writer.derived().consumers.push(consumer_row(5)).unwrap();
    writer.commit(run_row()).unwrap();
    // A third run is interrupted and rolled back, so that the newest versions are those of a rollback.
    let mut writer = inventory.begin().unwrap();
    write_object(&mut writer, 7);
    writer.derived().consumers.push(consumer_row(6)).unwrap();
    writer.commit_until(run_row(), CommitStep::Tables(9)).unwrap();
    inventory.begin().unwrap().abort().unwrap();
    let last = inventory.snapshot().unwrap();

    let counts = |snapshot: &Snapshot| {
        let objects = collect(|each| snapshot.objects(true, each)).len();
        // Readers of the tables see rows of retired objects too; liveness is in `objects`.
        serde_json::json!({
            "versions": snapshot.versions().into_iter().collect::<BTreeMap<_, _>>(),
            "rows": {
                "objects": objects, "fields": objects * 3, "mentions": objects * 40, "orphans": objects * 2,
                "identifiers": collect(|each| snapshot.identifiers(each)).len(),
                "consumers": collect(|each| snapshot.consumers(each)).len(),
                "memberships": collect(|each| snapshot.memberships(None, each)).len(),
                "links": collect(|each| snapshot.links(each)).len(),
                "runs": snapshot.runs().unwrap().len(),
            },
        })
    };
    let mentions: Vec<_> = collect(|each| last.mentions(None, each)).iter().map(mention_json).collect();
    let live: Vec<_> = collect(|each| last.objects(false, each)).iter().map(|row| row.object.uri.clone()).collect();
    let expected = serde_json::json!({
        "first": counts(&first), "last": counts(&last), "mentions": mentions, "live_uris": live,
        "modified": collect(|each| last.objects(true, each)).iter().map(|r| (r.id, r.object.modified)).collect::<Vec<_>>(),
    });
    let answers = folder.path().join("_expected.json");
    std::fs::write(&answers, expected.to_string()).unwrap();

    let python = std::env::var("ROLLCALL_PYTHON").unwrap_or_else(|_| "python3".to_string());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers.py");
    let required = std::env::var("ROLLCALL_REQUIRE_PYTHON").is_ok_and(|value| value == "1");
    match Command::new(&python).arg(script).arg(folder.path()).arg(&answers).output() {
        Ok(output) if output.status.success() => {}
        // The script's way to say that a module is missing.
        Ok(output) if output.status.code() == Some(77) && !required => {
            eprintln!("skipped: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(output) => panic!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)),
        Err(error) if !required => eprintln!("skipped: {python}: {error}"),
        Err(error) => panic!("{python}: {error}"),
    }
}

/// A mention as another reader shall see it: signed numbers, tokens in hex.
fn mention_json(row: &MentionRow) -> serde_json::Value {
    let m = &row.mention;
    serde_json::json!({
        "object": row.object, "number": row.number, "segment": row.segment, "role": m.role.code(),
        "tokens": m.tokens.iter().map(|t| (t.value.to_string(), t.kind.code(), t.class.code(), &*t.namespace)).collect::<Vec<_>>(),
        "last": (m.name != NameSignature::default()).then_some(m.name.last.cast_signed()),
        "elements": m.elements.iter().map(|e| (e.element.code(), e.form.code())).collect::<Vec<_>>(),
        "records": m.count.cast_signed(),
        "rows": m.rows.iter().map(|r| (r.0.cast_signed(), r.1.cast_signed())).collect::<Vec<_>>(),
        "event_day": m.event_day, "path": &*m.path, "basis": m.residence.map(|r| r.basis.code()),
    })
}
