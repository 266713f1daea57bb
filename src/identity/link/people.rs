//! The people at one token: whose names are one person's.

use super::Node;
use super::names::{Likeness, ShortName};

/// One name and birth date at a token, with its first mention.
pub struct Person {
    pub name: ShortName,
    pub dob: u32,
    pub first: Node,
    pub primary: bool,
}

/// Whether two birth dates may be one person's.
pub fn dobs_fit(a: &Person, b: &Person) -> bool {
    a.dob == b.dob || a.dob == 0 || b.dob == 0
}

/// How the people at one token are compared.
pub struct Compare {
    /// The token is of a kind that nobody shares, so that one first name with two last names is one person renamed.
    pub renames: bool,
}

impl Compare {
    fn renamed(&self, a: &Person, b: &Person) -> bool {
        self.renames && a.primary && b.primary && a.name.renamed(&b.name)
    }

    fn close(&self, a: &Person, b: &Person) -> bool {
        let akin = a.dob != 0 && a.dob == b.dob && a.name.akin(&b.name);
        dobs_fit(a, b) && (a.name.likeness(&b.name) == Likeness::Close || self.renamed(a, b) || akin)
    }

    fn fit(&self, a: &Person, b: &Person) -> bool {
        dobs_fit(a, b) && (a.name.likeness(&b.name) != Likeness::Different || self.renamed(a, b))
    }

    /// For each of the people at a token, the first of the group that is one person. Close names join; a group in which
    /// two names or birth dates conflict is split again, because likeness is not transitive; a weak name joins the only
    /// group it fits.
    pub fn groups(&self, people: &[Person]) -> Vec<usize> {
        let mut root: Vec<usize> = (0..people.len()).collect();
        fn find(root: &[usize], mut i: usize) -> usize {
            while root[i] != i {
                i = root[i];
            }
            i
        }
        for i in 0..people.len() {
            for j in i + 1..people.len() {
                if self.close(&people[i], &people[j]) {
                    let (a, b) = (find(&root, i), find(&root, j));
                    root[a.max(b)] = a.min(b);
                }
            }
        }
        let mut flat: Vec<usize> = (0..people.len()).map(|i| find(&root, i)).collect();
        for group in 0..people.len() {
            let members: Vec<usize> = (0..people.len()).filter(|i| flat[*i] == group).collect();
            if members.iter().any(|i| members.iter().any(|j| !self.fit(&people[*i], &people[*j]))) {
                self.stars(people, members, &mut flat);
            }
        }
        let settled = flat.clone();
        for i in 0..people.len() {
            if people[i].name.is_settled() || settled[i] != i {
                continue;
            }
            let mut fits = (0..people.len()).filter(|g| {
                *g != i && settled[*g] == *g && people[*g].name.is_settled() && {
                    (0..people.len()).filter(|m| settled[*m] == *g).all(|m| self.fit(&people[i], &people[m]))
                }
            });
            if let (Some(only), None) = (fits.next(), fits.next()) {
                flat[i] = only;
            }
        }
        flat
    }

    /// Splits a group in which likeness went too far: the name with the most close neighbours takes them (Robert takes
    /// both Bob and Robret, who are nothing to each other), then the next. Birth dates must fit among all that one takes.
    fn stars(&self, people: &[Person], mut left: Vec<usize>, flat: &mut [usize]) {
        while !left.is_empty() {
            let taken_by = |center: usize| {
                let mut taken = vec![center];
                for &i in &left {
                    let close = i != center && self.close(&people[center], &people[i]);
                    if close && taken.iter().all(|t| dobs_fit(&people[*t], &people[i])) {
                        taken.push(i);
                    }
                }
                taken
            };
            // The first of the largest: `max_by_key` would give the last.
            let Some(taken) = left.iter().rev().map(|i| taken_by(*i)).max_by_key(Vec::len) else { return };
            let first = taken.iter().copied().min().unwrap_or_default();
            taken.iter().for_each(|i| flat[*i] = first);
            left.retain(|i| !taken.contains(i));
        }
    }
}
