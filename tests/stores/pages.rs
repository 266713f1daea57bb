//! Pages of listings, as each store writes them: what they say is listed, and no part of a page passes for a page.

use super::anonymous;
use crate::store_server::StoreServer;
use crate::store_server::content::Memory;
use crate::store_server::face::Face;
use crate::store_server::fault::Operation;
use crate::store_server::http::Response;
use rollcall::model::object::Object;
use rollcall::source::{Filter, FilterRules, Listing, Source, SourceOptions, StoreOptions, Versions, Wire, WireLimits};
use std::time::Duration;

/// How a store writes a page, and how it is asked.
struct Kind {
    spec: &'static str,
    versions: Versions,
    face: Face,
    page: &'static str,
}

const S3: Kind = Kind {
    spec: "s3://b",
    versions: Versions::Current,
    face: Face::S3,
    page: "<?xml version=\"1.0\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>\
        <KeyCount>2</KeyCount><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Contents>\
        <Key>a/../%07b%2Bc%2520+d</Key><LastModified>2026-01-01T00:00:01.500Z</LastModified><ETag>&quot;tag&quot;</ETag>\
        <Size>12</Size><StorageClass>STANDARD_IA</StorageClass></Contents><Contents><Key>z</Key>\
        <LastModified>2026-01-01T00:00:02Z</LastModified><ETag>&quot;z&quot;</ETag><Size>3</Size></Contents>\
        </ListBucketResult>",
};

const S3_VERSIONS: Kind = Kind {
    versions: Versions::All,
    page: "<?xml version=\"1.0\"?>\n<ListVersionsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>\
        <EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Version><Key>a/../%07b%2Bc%2520+d</Key>\
        <VersionId>null</VersionId><IsLatest>true</IsLatest><LastModified>2026-01-01T00:00:01.500Z</LastModified>\
        <ETag>&quot;tag&quot;</ETag><Size>12</Size><StorageClass>STANDARD_IA</StorageClass></Version><DeleteMarker>\
        <Key>gone</Key><VersionId>2</VersionId><IsLatest>true</IsLatest></DeleteMarker><Version><Key>z</Key>\
        <VersionId>null</VersionId><IsLatest>true</IsLatest><LastModified>2026-01-01T00:00:02Z</LastModified>\
        <ETag>&quot;z&quot;</ETag><Size>3</Size></Version></ListVersionsResult>\n",
    ..S3
};

const GCS: Kind = Kind {
    spec: "gs://b",
    versions: Versions::Current,
    face: Face::Gcs,
    page: "<?xml version='1.0'?><ListBucketResult xmlns='http://doc.s3.amazonaws.com/2006-03-01'><Name>b</Name>\
        <IsTruncated>false</IsTruncated><Contents><Key>a/../&#x7;b+c%20 d</Key><Generation>7</Generation>\
        <LastModified>2026-01-01T00:00:01.5Z</LastModified><ETag>&quot;tag&quot;</ETag><Size>12</Size>\
        <StorageClass>STANDARD_IA</StorageClass></Contents><Contents><Key>z</Key>\
        <LastModified>2026-01-01T00:00:02Z</LastModified><ETag>\"z\"</ETag><Size>3</Size></Contents></ListBucketResult>",
};

const AZURE: Kind = Kind {
    spec: "az://b@acc",
    versions: Versions::Current,
    face: Face::S3,
    page: "\u{feff}<?xml version='1.0'?><EnumerationResults ContainerName='b'><Blobs><Blob>\
        <Name Encoded='true'>a/../%07b+c%2520 d</Name><Properties><Last-Modified>Thu, 01 Jan 2026 00:00:01 GMT\
        </Last-Modified><Etag>tag</Etag><Content-Length>12</Content-Length><AccessTier>STANDARD_IA</AccessTier></Properties>\
        </Blob><Blob><Name>dir</Name><Properties><Content-Length>0</Content-Length><ResourceType>directory</ResourceType>\
        </Properties></Blob><Blob><Name>z</Name><Properties><Last-Modified>Thu, 01 Jan 2026 00:00:02 GMT</Last-Modified>\
        <Etag>z</Etag><Content-Length>3</Content-Length></Properties></Blob></Blobs><NextMarker/></EnumerationResults>",
};

impl Kind {
    /// A source whose every page is this text, for one attempt.
    fn open(&self, text: &str, filter: Filter) -> (StoreServer, Source) {
        let server = StoreServer::with(self.face, "b", Memory::of([("x", "x")]));
        if self.spec.starts_with("az") {
            server.instead(|_| Some(Response::new(200, AZURE.page)));
        }
        let options = anonymous(&server.url());
        let wire = Wire::new(WireLimits { attempts: 1, silence: Duration::from_secs(5), ..WireLimits::default() });
        let store = StoreOptions { account: None, ..options.store };
        let options = SourceOptions { store, wire, filter, versions: self.versions, ..SourceOptions::default() };
        let source = Source::open(self.spec, &options).unwrap();
        let text = text.to_string();
        server.instead(move |seen| {
            // Whether something has the name of the source is another question.
            (seen.operation == Operation::List || seen.key == "b").then(|| Response::new(200, text.clone()))
        });
        (server, source)
    }

    fn listed(&self, text: &str) -> Vec<Listing> {
        self.open(text, Filter::default()).1.list(&[]).collect()
    }
}

#[test]
fn pages_of_every_store_are_read() {
    for kind in [S3, S3_VERSIONS, GCS, AZURE] {
        let objects: Vec<Object> = kind
            .listed(kind.page)
            .into_iter()
            .map(|listing| match listing {
                Listing::Object(object) => object,
                problem => panic!("{}: {problem:?}", kind.spec),
            })
            .collect();
        let told: Vec<_> = objects.iter().map(|o| (o.path.as_str(), o.version.as_str(), o.size)).collect();
        assert_eq!(told, [("a/../\u{7}b+c%20 d", "tag", 12), ("z", "z", 3)], "{}", kind.spec);
        let first = objects[0].modified.unwrap().div_euclid(1_000_000);
        assert_eq!(first, 1_767_225_601, "{}", kind.spec);
        assert_eq!(objects[1].modified, Some(1_767_225_602_000_000), "{}", kind.spec);
        let rules = FilterRules { storage_classes: vec!["STANDARD_IA".to_string()], ..FilterRules::default() };
        let (_server, source) = kind.open(kind.page, Filter::new(rules).unwrap());
        assert_eq!(source.list(&[]).count(), 1, "{}: the class of the first alone", kind.spec);
    }
}

#[test]
fn no_part_of_a_page_passes_for_a_page() {
    for kind in [S3, S3_VERSIONS, GCS, AZURE] {
        let page = kind.page.trim_end();
        let (server, source) = kind.open(page, Filter::default());
        let told = |text: &str| {
            let text = text.to_string();
            server.instead(move |_| Some(Response::new(200, text.clone())));
            source.list(&[]).collect::<Vec<_>>()
        };
        assert_eq!(told(page).len(), 2);
        for cut in (0..page.len()).filter(|cut| page.is_char_boundary(*cut)) {
            let listed = told(&page[..cut]);
            let problem = listed.iter().find_map(|listing| match listing {
                Listing::Problem { gap, .. } => Some(gap),
                Listing::Object(_) => None,
            });
            let gap = problem.unwrap_or_else(|| panic!("{}: {} passes for {listed:?}", kind.spec, &page[..cut]));
            assert!(gap.detail.contains("not whole"), "{}: {gap:?}", kind.spec);
        }
        for bad in ["<html><body>welcome</body></html>", "{\"items\":[]}"] {
            let listed = told(bad);
            assert!(
                matches!(&listed[..], [Listing::Problem { gap, .. }] if gap.detail.contains("endpoint")),
                "{listed:?}"
            );
        }
    }
}
