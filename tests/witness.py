"""Numbers with the verdict of python-stdnum and phonenumbers, as a witness of the validators.

usage: witness.py

Prints `detector<TAB>value<TAB>1 or 0` a line: for each detector at least 1,000 numbers that the library takes, then as many
that are one edit away from one, with whatever the library says of them. The same numbers come out every time. Exit status
77: a module is missing.
"""

import random
import string
import sys
from importlib import import_module

try:
    import phonenumbers
    from stdnum import luhn, verhoeff
except ImportError as error:
    print(f"the Python module {error.name} is missing", file=sys.stderr)
    sys.exit(77)

COUNT = 1000
DIGITS = string.digits
UPPER = string.ascii_uppercase


def module(name):
    return import_module(f"stdnum.{name}")


def valid(name, **options):
    validate = module(name).validate

    def ask(number):
        try:
            validate(number, **options)
            return True
        except Exception:
            return False

    return ask


def any_of(*asked):
    return lambda number: any(ask(number) for ask in asked)


def pick(rng, alphabet, count):
    return "".join(rng.choice(alphabet) for _ in range(count))


def day(rng, first=1920, last=2015):
    """A day as year, month, day."""
    return rng.randint(first, last), rng.randint(1, 12), rng.randint(1, 28)


def ymd(rng):
    year, month, date = day(rng)
    return f"{year % 100:02}{month:02}{date:02}"


def dmy(rng):
    year, month, date = day(rng)
    return f"{date:02}{month:02}{year % 100:02}"


def digits(count, first=DIGITS):
    return lambda rng: rng.choice(first) + pick(rng, DIGITS, count - 1)


def french(rng):
    place = rng.choice(["2A", "2B", f"{rng.randint(1, 19):02}", f"{rng.randint(21, 95):02}"])
    body = rng.choice("1234") + f"{rng.randint(0, 99):02}{rng.randint(1, 12):02}" + place + pick(rng, DIGITS, 6)
    return body + module("fr.nir").calc_check_digits(body + "00")


def german(rng):
    """The ten digits of which one comes twice, or thrice but not in a row (BZSt)."""
    while True:
        twice = rng.random() < 0.5
        body = rng.sample(DIGITS, 9 if twice else 8)
        body += [rng.choice(body)] if twice else [rng.choice(body)] * 2
        rng.shuffle(body)
        text = "".join(body)
        if text[0] != "0" and not any(text[i] == text[i + 1] == text[i + 2] for i in range(8)):
            return text + module("iso7064.mod_11_10").calc_check_digit(text)


def spanish(rng):
    body = rng.choice([pick(rng, DIGITS, 8), rng.choice("XYZ") + pick(rng, DIGITS, 7)])
    return body + rng.choice("TRWAGMYFPDXBNJZSQVHLCKE")


def italian(rng):
    year, month, date = day(rng)
    date += rng.choice([0, 40])
    body = pick(rng, UPPER, 6) + f"{year % 100:02}{'ABCDEHLMPRST'[month - 1]}{date:02}" + rng.choice("ABCDEFGHIL")
    body += pick(rng, DIGITS, 3)
    return body + module("it.codicefiscale").calc_check_digit(body)


def belgian(rng):
    year, month, date = day(rng)
    month += rng.choice([0, 0, 20, 40])
    body = f"{year % 100:02}{month:02}{date:02}{rng.randint(1, 997):03}"
    return f"{body}{97 - int(('2' if year >= 2000 else '') + body) % 97:02}"


def peselish(rng):
    year, month, date = day(rng, 1900, 2099)
    return f"{year % 100:02}{month + (20 if year >= 2000 else 0):02}{date:02}" + pick(rng, DIGITS, 5)


def hetu(rng):
    year, month, date = day(rng)
    sign = rng.choice("-YXWVU" if year < 2000 else "ABCDEF")
    body = f"{date:02}{month:02}{year % 100:02}"
    individual = f"{rng.randint(2, 899):03}"
    return body + sign + individual + "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(body + individual) % 31]


def egn(rng):
    year, month, date = day(rng, 1880, 2015)
    month += {18: 20, 19: 0, 20: 40}[year // 100]
    return f"{year % 100:02}{month:02}{date:02}" + pick(rng, DIGITS, 4)


def birth_number(rng):
    year, month, date = day(rng, 1954, 2015)
    month += rng.choice([0, 50] if year < 2004 else [0, 20, 50, 70])
    return f"{year % 100:02}{month:02}{date:02}" + pick(rng, DIGITS, 4)


def baltic(rng):
    year, month, date = day(rng, 1850, 2025)
    sex = (year // 100 - 18) * 2 + rng.choice([1, 2])
    return f"{sex}{year % 100:02}{month:02}{date:02}" + pick(rng, DIGITS, 4)


def latvian(rng):
    if rng.random() < 0.3:
        return "32" + pick(rng, DIGITS, 9)
    year, month, date = day(rng, 1850, 2025)
    return f"{date:02}{month:02}{year % 100:02}{year // 100 - 18}" + pick(rng, DIGITS, 4)


def romanian(rng):
    year, month, date = day(rng, 1850, 2025)
    sex = {18: "34", 19: "12", 20: "56"}[year // 100]
    county = rng.choice([f"{n:02}" for n in range(1, 47)] + ["51", "52"])
    return rng.choice(sex) + f"{year % 100:02}{month:02}{date:02}{county}" + pick(rng, DIGITS, 4)


def emso(rng):
    year, month, date = day(rng)
    return f"{date:02}{month:02}{year % 1000:03}" + pick(rng, DIGITS, 6)


def norwegian(rng):
    year, month, date = day(rng, 1900, 1999)
    date += rng.choice([0, 0, 40])
    body = f"{date:02}{month:02}{year % 100:02}{rng.randint(0, 499):03}"
    first = module("no.fodselsnummer").calc_check_digit1(body)
    return body + first + module("no.fodselsnummer").calc_check_digit2(body + first)


def kennitala(rng):
    year, month, date = day(rng)
    date += rng.choice([0, 40])
    return f"{date:02}{month:02}{year % 100:02}" + pick(rng, DIGITS, 3) + ("9" if year < 2000 else "0")


def swedish(rng):
    year, month, date = day(rng)
    body = f"{year % 100:02}{month:02}{date:02}" + pick(rng, DIGITS, 4)
    return rng.choice([body, f"{year // 100}{body}", body[:6] + "-" + body[6:]])


def cnpj(rng):
    body = rng.choice([pick(rng, DIGITS, 12), pick(rng, DIGITS + UPPER, 12)])
    return body + module("br.cnpj").calc_check_digits(body)


def cpf(rng):
    body = pick(rng, DIGITS, 9)
    return body + module("br.cpf")._calc_check_digits(body)


def curp(rng):
    year, month, date = day(rng)
    states = sorted(module("mx.curp")._valid_states)
    body = pick(rng, UPPER, 4) + f"{year % 100:02}{month:02}{date:02}" + rng.choice("HM") + rng.choice(states)
    body += pick(rng, "BCDFGHJKLMNPQRSTVWXYZ", 3) + (rng.choice(DIGITS) if year < 2000 else rng.choice(UPPER))
    return body + module("mx.curp").calc_check_digit(body)


def rfc(rng):
    body = pick(rng, UPPER, 4) + ymd(rng) + rng.choice("123456789ABCDEFGHIJKLMNOPQRSTUV")
    body += rng.choice("123456789" + UPPER)
    return body + module("mx.rfc").calc_check_digit(body)


def indian(rng):
    return pick(rng, UPPER, 3) + rng.choice("ABCFGHJKLPT") + rng.choice(UPPER) + pick(rng, DIGITS, 4) + rng.choice(UPPER)


PLACES = []


def chinese(rng):
    if not PLACES:
        import stdnum.cn.ric as ric

        while len(PLACES) < 300:
            place = pick(rng, "123456789", 1) + pick(rng, DIGITS, 5)
            try:
                ric.get_birth_place(place + "199001010000")
                PLACES.append(place)
            except Exception:
                pass
    year, month, date = day(rng, 1985, 2005)
    return rng.choice(PLACES) + f"{year}{month:02}{date:02}" + pick(rng, DIGITS, 3) + rng.choice(DIGITS + "X")


def korean(rng):
    year, month, date = day(rng, 1920, 2019)
    sign = rng.choice("12" if year < 2000 else "34")
    return f"{year % 100:02}{month:02}{date:02}" + sign + f"{rng.randint(0, 9)}{rng.randint(0, 96):02}" + pick(rng, DIGITS, 3)


def african(rng):
    return ymd(rng) + pick(rng, DIGITS, 4) + rng.choice("01") + "8" + rng.choice(DIGITS)


def luxembourg(rng):
    year, month, date = day(rng)
    body = f"{year}{month:02}{date:02}" + pick(rng, DIGITS, 3)
    return body + luhn.calc_check_digit(body) + verhoeff.calc_check_digit(body)


def is_luxembourg(number):
    try:
        day_of = (int(number[:4]), int(number[4:6]), int(number[6:8]))
        import datetime

        datetime.date(*day_of)
        return len(number) == 13 and luhn.is_valid(number[:12]) and verhoeff.is_valid(number[:11] + number[12])
    except ValueError:
        return False


def bic(rng):
    countries = sorted(module("bic")._country_codes)
    return pick(rng, UPPER, 4) + rng.choice(countries) + pick(rng, UPPER + "23456789", 2) + rng.choice(["", "XXX", "500"])


def bitcoin(rng):
    import hashlib

    bitcoin = module("bitcoin")
    if rng.random() < 0.5:
        body = bytes([rng.choice([0, 5])]) + rng.randbytes(20)
        body += hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
        number, text = int.from_bytes(body, "big"), ""
        while number:
            number, rest = divmod(number, 58)
            text = bitcoin._base58_alphabet[rest] + text
        return "1" * (len(body) - len(body.lstrip(b"\0"))) + text
    # Version 0 alone: the library does not know bech32m.
    program = rng.randbytes(rng.choice([20, 32]))
    bits = "".join(f"{byte:08b}" for byte in program)
    bits += "0" * (-len(bits) % 5)
    data = [0] + [int(bits[i : i + 5], 2) for i in range(0, len(bits), 5)]
    check = bitcoin.bech32_checksum(bitcoin._expand_hrp("bc") + data + [0] * 6) ^ 1
    data += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return "bc1" + "".join(bitcoin._bech32_alphabet[value] for value in data)


def mac(rng):
    return rng.choice(":-").join(pick(rng, "0123456789ABCDEF", 2) for _ in range(6))


def ein(rng):
    return pick(rng, DIGITS, 2) + rng.choice(["-", ""]) + pick(rng, DIGITS, 7)


def phone(number):
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return False


def abroad(rng):
    """A valid number of a random region: its example with the last digits changed."""
    region = rng.choice(sorted(phonenumbers.SUPPORTED_REGIONS))
    kind = rng.choice([phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE])
    example = phonenumbers.example_number_for_type(region, kind)
    if example is None:
        return "+"
    text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    return text[:-4] + pick(rng, DIGITS, 4)


def npi(number):
    return number[:1] in ("1", "2") and len(number) == 10 and number.isdigit() and luhn.is_valid("80840" + number)


def spanish_person(number):
    """KLM numbers are people's too, and only the module for all of them knows those."""
    return any_of(valid("es.dni"), valid("es.nie"))(number) or (number[:1] in "KLM" and valid("es.nif")(number))


def routing(rng):
    prefix = rng.choice([*range(13), *range(21, 33), *range(61, 73), 80])
    body = f"{prefix:02}" + pick(rng, DIGITS, 6)
    return body + module("us.rtn").calc_check_digit(body)


def latvian_person(number):
    return number[:1] <= "3" and valid("lv.pvn")(number)


# Detector, how numbers are made, and who says which are right.
TYPES = [
    ("gb/utr", digits(10), valid("gb.utr")),
    ("gb/nhs_number", digits(10), valid("gb.nhs")),
    ("ie/pps", lambda r: pick(r, DIGITS, 7) + r.choice("ABCDEFGHIJKLMNOPQRSTUVW") + r.choice(["", "A", "B", "W"]), valid("ie.pps")),
    ("fr/nir", french, valid("fr.nir")),
    ("fr/tax_number", lambda r: (b := r.choice("0123") + pick(r, DIGITS, 9)) + module("fr.nif").calc_check_digits(b), valid("fr.nif")),
    ("de/tax_id", german, valid("de.idnr")),
    ("es/dni", spanish, spanish_person),
    ("it/codice_fiscale", italian, valid("it.codicefiscale")),
    ("nl/bsn", digits(9), valid("nl.bsn")),
    ("be/national_number", belgian, any_of(valid("be.nn"), valid("be.bis"))),
    ("lu/matricule", luxembourg, is_luxembourg),
    ("pt/nif", digits(9, "123456789"), valid("pt.nif")),
    ("at/svnr", lambda r: r.choice("123456789") + pick(r, DIGITS, 3) + dmy(r), valid("at.vnr")),
    ("ch/ahv", lambda r: "756" + pick(r, DIGITS, 10), valid("ch.ssn")),
    ("gr/afm", digits(9), valid("gr.vat")),
    ("gr/amka", lambda r: dmy(r) + pick(r, DIGITS, 5), valid("gr.amka")),
    ("cy/tic", lambda r: pick(r, DIGITS, 8) + r.choice(UPPER), valid("cy.vat")),
    ("pl/pesel", peselish, valid("pl.pesel")),
    ("pl/nip", digits(10), valid("pl.nip")),
    ("se/personnummer", swedish, valid("se.personnummer")),
    ("no/fodselsnummer", norwegian, valid("no.fodselsnummer")),
    ("dk/cpr", lambda r: dmy(r) + r.choice("0123") + pick(r, DIGITS, 3), valid("dk.cpr")),
    ("fi/hetu", hetu, valid("fi.hetu", allow_temporary=True)),
    ("is/kennitala", kennitala, valid("is_.kennitala")),
    ("cz/rodne_cislo", birth_number, valid("cz.rc")),
    ("ee/isikukood", baltic, valid("ee.ik")),
    ("lt/asmens_kodas", baltic, valid("lt.asmens")),
    ("lv/personas_kods", latvian, latvian_person),
    ("bg/egn", egn, valid("bg.egn")),
    ("hr/oib", digits(11), valid("hr.oib")),
    ("ro/cnp", romanian, valid("ro.cnp")),
    ("si/emso", emso, valid("si.emso")),
    ("si/tax_number", digits(8, "123456789"), valid("si.ddv")),
    ("tr/kimlik", lambda r: (b := r.choice("123456789") + pick(r, DIGITS, 8)) + module("tr.tckimlik").calc_check_digits(b), valid("tr.tckimlik")),
    ("ca/sin", digits(9), valid("ca.sin")),
    ("br/cpf", cpf, valid("br.cpf")),
    ("br/cnpj", cnpj, valid("br.cnpj")),
    ("mx/curp", curp, valid("mx.curp")),
    ("mx/rfc", rfc, valid("mx.rfc", validate_check_digits=True)),
    ("ar/cuil", lambda r: r.choice(["20", "23", "24", "27", "30"]) + pick(r, DIGITS, 9), valid("ar.cuit")),
    ("cl/rut", lambda r: pick(r, "123456789", 1) + pick(r, DIGITS, 7) + r.choice(DIGITS + "K"), valid("cl.rut")),
    ("in/aadhaar", digits(12, "23456789"), valid("in_.aadhaar")),
    ("in/pan", indian, valid("in_.pan")),
    ("kr/rrn", korean, valid("kr.rrn")),
    ("jp/my_number", digits(12), valid("jp.in_")),
    ("cn/resident_id", chinese, valid("cn.ric")),
    ("th/pin", digits(13, "12345678"), valid("th.pin")),
    ("il/id", digits(9), valid("il.idnr")),
    ("za/id", african, valid("za.idnr")),
    ("au/tfn", digits(9), valid("au.tfn")),
    ("nz/ird", lambda r: str(r.randint(10000001, 149999999)), valid("nz.ird")),
    ("us/itin", lambda r: "9" + pick(r, DIGITS, 2) + r.choice(["-{}-", "{}"]).format(pick(r, DIGITS, 2)) + pick(r, DIGITS, 4), valid("us.itin")),
    ("us/ssn", lambda r: pick(r, DIGITS, 3) + "-" + pick(r, DIGITS, 2) + "-" + pick(r, DIGITS, 4), valid("us.ssn")),
    ("us/ein", ein, valid("us.ein")),
    ("us/npi", digits(10, "12"), npi),
    ("finance/card", lambda r: "4" + pick(r, DIGITS, 15), valid("luhn")),
    ("finance/iban", lambda r: (b := "DE00" + pick(r, DIGITS, 18))[:2] + module("iban").calc_check_digits(b) + b[4:], valid("iban")),
    ("finance/us_routing", routing, valid("us.rtn")),
    ("finance/bic", bic, valid("bic")),
    ("crypto/bitcoin", bitcoin, valid("bitcoin")),
    ("device/imei", digits(15), valid("imei")),
    ("device/mac", mac, valid("mac", validate_manufacturer=False)),
    ("contact/phone_international", abroad, phone),
]


def edit(rng, number):
    """Another character of the same class in one place, or two neighbours that differ the other way round."""
    places = [i for i, c in enumerate(number) if c.isalnum()]
    if rng.random() < 0.2:
        swaps = [i for i in range(len(number) - 1) if number[i] != number[i + 1] and number[i : i + 2].isalnum()]
        if swaps:
            at = rng.choice(swaps)
            return number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    at = rng.choice(places)
    old = number[at]
    alphabet = DIGITS if old.isdigit() else UPPER if old.isupper() else string.ascii_lowercase
    return number[:at] + rng.choice(alphabet.replace(old, "")) + number[at + 1 :]


def main():
    for detector, make, ask in TYPES:
        rng = random.Random(detector)
        right = []
        tries = 0
        while len(right) < COUNT:
            number = make(rng)
            tries += 1
            if ask(number):
                right.append(number)
            assert tries < 1_000_000, f"{detector}: too few of what is made are right"
        for number in right:
            print(detector, number, 1, sep="\t")
        for number in right:
            other = edit(rng, number)
            print(detector, other, int(ask(other)), sep="\t")


main()
