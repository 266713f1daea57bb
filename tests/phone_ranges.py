"""Makes patterns/data/phone_ranges.txt from the metadata of Google's libphonenumber, as PyPI `phonenumbers` carries it.

    target/venv/bin/python tests/phone_ranges.py > patterns/data/phone_ranges.txt

For each calling code the patterns of all kinds of number of all its regions become one automaton over digits; what is
written are the beginnings of national significant numbers below which every number of the same lengths is assigned.
"""

import re._constants as sre
import re._parser as parser

import phonenumbers
from phonenumbers.phonemetadata import PhoneMetadata

KINDS = [
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan",
    "voicemail",
]


# Set aside for fiction, which the library does not count as assigned: test data is full of them. Ofcom, "Telephone numbers
# for use in TV and radio drama programmes": mobile numbers 07700 900000 to 900999.
FICTION = {44: ["44 10 7700900"]}


class Automaton:
    """Thompson's construction for what the patterns hold: digits, classes, groups, alternatives, counted repeats."""

    def __init__(self):
        self.empty, self.steps = [], []

    def state(self):
        self.empty.append([])
        self.steps.append([])
        return len(self.empty) - 1

    def add(self, items, start):
        for op, value in items:
            start = self.item(op, value, start)
        return start

    def item(self, op, value, start):
        if op is sre.LITERAL:
            return self.digits({int(chr(value))}, start)
        if op is sre.IN:
            return self.digits(members(value), start)
        if op is sre.SUBPATTERN:
            return self.add(value[3], start)
        if op is sre.BRANCH:
            end = self.state()
            for branch in value[1]:
                self.empty[self.add(branch, start)].append(end)
            return end
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            least, most, inner = value
            for _ in range(least):
                start = self.add(inner, start)
            end = self.state()
            self.empty[start].append(end)
            for _ in range(most - least):
                start = self.add(inner, start)
                self.empty[start].append(end)
            return end
        raise ValueError(f"{op} is in no pattern so far")

    def digits(self, of, start):
        end = self.state()
        self.steps[start].append((frozenset(of), end))
        return end

    def closed(self, states):
        seen, todo = set(states), list(states)
        while todo:
            for other in self.empty[todo.pop()]:
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return frozenset(seen)

    def after(self, states, digit):
        return self.closed({end for s in states for of, end in self.steps[s] if digit in of})


def members(items):
    of = set()
    for op, value in items:
        if op is sre.LITERAL:
            of.add(int(chr(value)))
        elif op is sre.RANGE:
            of.update(range(int(chr(value[0])), int(chr(value[1])) + 1))
        elif op is sre.CATEGORY and value is sre.CATEGORY_DIGIT:
            of.update(range(10))
        else:
            raise ValueError(f"{op} {value} is in no class so far")
    return of


class Ranges:
    """The numbers of one calling code."""

    def __init__(self, regions):
        self.automaton = Automaton()
        start = self.automaton.state()
        self.lengths = {}
        for metadata in regions:
            for kind in KINDS:
                described = getattr(metadata, kind)
                if described is None or not described.national_number_pattern:
                    continue
                end = self.automaton.add(parser.parse(described.national_number_pattern), start)
                final = self.automaton.state()
                self.automaton.empty[end].append(final)
                general = metadata.general_desc.possible_length
                self.lengths[final] = set(described.possible_length or general)
        self.nodes, self.known, self.out = {}, {}, []
        self.emit(self.node(self.automaton.closed({start}), 0))

    def node(self, states, depth):
        """The name of what may follow: whether a number may end here, and what follows each digit."""
        key = (states, depth)
        if key not in self.known:
            ends = any(depth in self.lengths.get(s, ()) for s in states)
            nexts = (self.automaton.after(states, d) for d in range(10))
            children = tuple(self.node(n, depth + 1) if n else None for n in nexts)
            if not ends and not any(children):
                self.known[key] = None
            else:
                self.known[key] = self.nodes.setdefault((ends, children), len(self.nodes) + 1)
        return self.known[key]

    def emit(self, root):
        shapes = {name: shape for shape, name in self.nodes.items()}
        all_of = {}

        def lengths(name, depth):
            """The lengths of all numbers from here, when the digits do not matter; else None."""
            if name is None:
                return ()
            if (name, depth) not in all_of:
                ends, children = shapes[name]
                same = len(set(children)) == 1
                below = lengths(children[0], depth + 1) if same else None
                all_of[name, depth] = None if below is None else ((depth,) if ends else ()) + below
            return all_of[name, depth]

        def walk(name, prefix, also):
            found = lengths(name, len(prefix))
            if found is not None:
                found = tuple(sorted({*found, *also}))
                if found:
                    self.out.append((prefix, found))
                return
            ends, children = shapes[name]
            # A number that ends here is found where its digits followed by zeros lie.
            also = (*also, len(prefix)) if ends else also
            for digit, child in enumerate(children):
                walk(child, prefix + str(digit), also if digit == 0 else ())

        walk(root, "", ())


def written(ranges):
    """Beginnings by lengths, neighbours of one width as `first-last`."""
    by_lengths = {}
    for prefix, lengths in ranges:
        by_lengths.setdefault(lengths, []).append(prefix)
    for lengths, prefixes in sorted(by_lengths.items()):
        spans = []
        for prefix in sorted(prefixes):
            last = spans[-1][1] if spans else None
            if last is not None and len(last) == len(prefix) and prefix and int(prefix) == int(last) + 1:
                spans[-1][1] = prefix
            else:
                spans.append([prefix, prefix])
        yield lengths, [a if a == b else f"{a}-{b}" for a, b in spans]


def metadata_of(code, regions):
    for region in regions:
        if region == "001":
            yield PhoneMetadata.metadata_for_nongeo_region(code)
        else:
            yield PhoneMetadata.metadata_for_region(region)


def main():
    print(HEAD.format(version=phonenumbers.__version__), end="")
    for code, regions in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items(), key=lambda c: str(c[0])):
        plans = list(metadata_of(code, regions))
        ranges = Ranges(plans)
        if plans[0].national_prefix == "0":
            print(code, "trunk")
        for lengths, spans in written(ranges.out):
            print(code, ",".join(map(str, lengths)), *[span or "*" for span in spans])
        for line in FICTION.get(code, []):
            print(line)


HEAD = """\
# Telephone numbers that are assigned. Made by tests/phone_ranges.py from the metadata of Google's libphonenumber, as PyPI
# phonenumbers {version} carries it: https://github.com/google/libphonenumber, Apache License 2.0.
# Each line: a calling code, the lengths of national significant numbers, and the beginnings of those that have one of
# these lengths; `20-24` are all beginnings from the first to the last, `*` is any. `trunk`: the country dials a 0 before
# its numbers at home, which some write after the calling code too. Numbers set aside for fiction are counted in.
"""

if __name__ == "__main__":
    main()
