//! Rows on their way to the derived tables.

use super::Joined;
use crate::model::mention::TokenValue;
use crate::spill::Take;
use std::io;

/// The id of a group that has one. Groups are asked for in ascending order.
pub fn id_of(ids: &mut Joined<'_, 24, 8>, group: u64) -> io::Result<TokenValue> {
    let record = ids.first(&group.to_be_bytes())?.ok_or_else(|| io::Error::other("linking lost a consumer"))?;
    Ok(TokenValue(Take::new(&record[8..]).bytes()))
}

/// Rows in ascending order of their keys.
pub type Stream<'a, K, R> = Box<dyn Iterator<Item = io::Result<(K, R)>> + 'a>;

/// Hands over the rows of several streams in ascending order of their keys.
pub fn merged<K: Ord, R, const S: usize>(
    mut streams: [Stream<'_, K, R>; S],
    mut each: impl FnMut(R) -> io::Result<()>,
) -> io::Result<()> {
    let mut heads: [Option<(K, R)>; S] = [const { None }; S];
    for (head, stream) in heads.iter_mut().zip(&mut streams) {
        *head = stream.next().transpose()?;
    }
    loop {
        let keys = heads.iter().enumerate().filter_map(|(i, head)| head.as_ref().map(|(key, _)| (key, i)));
        let Some((_, least)) = keys.min() else { return Ok(()) };
        let next = streams[least].next().transpose()?;
        if let Some((_, row)) = std::mem::replace(&mut heads[least], next) {
            each(row)?;
        }
    }
}
