//! A bucket that also keeps files: single requests to put, read and delete.

use super::super::address::check_endpoint;
use super::super::options::StoreOptions;
use super::super::wire::fault::{Fault, FaultKind};
use super::super::wire::store::{Keep, Keys, Store};
use super::super::wire::{Wire, runtime};
use super::super::{Filter, Versions};
use super::S3;
use super::client::Account;
use super::fault::{Asked, fault_of};
use super::get::Bucket;
use super::page::{Ask, KEYS, Marker};
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use std::sync::Arc;

impl S3 {
    /// A bucket to keep files in.
    pub(in crate::source) fn keep(bucket: &str, uri: &str, store: &StoreOptions, wire: &Wire) -> Result<S3, Fault> {
        let refused = |why| Fault::new(FaultKind::Other, why);
        let check = |endpoint: &str| check_endpoint("the endpoint", endpoint).map_err(refused);
        store.endpoint.as_deref().map_or(Ok(()), check)?;
        let runtime = runtime().map_err(|e| refused(e.to_string()))?;
        let account = runtime.block_on(Account::new(store));
        account.endpoint().as_deref().map_or(Ok(()), check)?;
        Ok(S3 {
            uri: uri.to_string(),
            prefix: String::new(),
            bucket: Arc::new(Bucket { name: bucket.to_string(), account }),
            wire: wire.clone(),
            filter: Filter::default(),
            versions: Versions::Current,
            only: None,
            report: None,
        })
    }
}

impl Keep for S3 {
    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.bucket) as _
    }

    fn read<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Bytes, Fault>> {
        Box::pin(async move {
            let Bucket { name, account } = &*self.bucket;
            let told = account.client().get_object().bucket(name).key(key).send().await;
            let told = told.map_err(|e| fault_of(&e, Asked::Get, account).0)?;
            let length = told.content_length();
            let broken = || {
                let detail = format!("{} broke off in the middle of an object; run it again", account.place());
                Fault::new(FaultKind::Transient, detail)
            };
            let bytes = told.body.collect().await.map_err(|_| broken())?.into_bytes();
            if length.is_some_and(|length| usize::try_from(length) != Ok(bytes.len())) {
                Err(broken())
            } else {
                Ok(bytes)
            }
        })
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Bytes, absent: bool) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let Bucket { name, account } = &*self.bucket;
            let put = account.client().put_object().bucket(name).key(key).body(ByteStream::from(bytes));
            let told = put.set_if_none_match(absent.then(|| "*".to_string())).send().await;
            told.map(|_| ()).map_err(|e| fault_of(&e, Asked::Put, account).0)
        })
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let Bucket { name, account } = &*self.bucket;
            let told = account.client().delete_object().bucket(name).key(key).send().await;
            told.map(|_| ()).map_err(|e| fault_of(&e, Asked::Delete, account).0)
        })
    }

    fn keys<'a>(&'a self, prefix: &'a str, next: Option<String>) -> BoxFuture<'a, Result<Keys, Fault>> {
        Box::pin(async move {
            let ask = Ask {
                prefix: prefix.to_string(),
                is_exact: false,
                after: None,
                until: None,
                from: next.map(Marker::Token),
                folders: false,
                keys_max: KEYS,
                versions: false,
            };
            let page = match self.page_once(&ask).await {
                Err((_, Some(region))) if self.bucket.account.endpoint().is_none() => {
                    self.bucket.account.move_to(&region).await;
                    self.page_once(&ask).await
                }
                page => page,
            };
            let page = page.map_err(|(fault, _)| fault)?;
            let next = match page.next {
                Some(Marker::Token(token)) => Some(token),
                _ => None,
            };
            Ok(Keys { keys: page.items.into_iter().map(|item| item.key).collect(), next })
        })
    }
}
