//! Validators: the bytes of a candidate in, a verdict out.
//!
//! A pattern file names its validator and the plan resolves the name with [`by_name`], so patterns and validators do not
//! know each other. Every validator allocates nothing, is linear in its input, and takes any bytes without a panic: what
//! it is handed is whatever lies in somebody's files. None looks beyond its candidate; context is the matcher's business.

/// Ends a validator with a reason when a check fails.
macro_rules! ensure {
    ($right:expr, $why:expr) => {
        let right: bool = $right;
        if !right {
            return Verdict::Invalid($why);
        }
    };
}

mod address;
mod americas;
mod asia;
mod bic;
mod card;
mod checksum;
mod credential;
mod crypto;
mod date;
mod device;
mod digits;
mod email;
mod europe;
mod europe_east;
mod gazetteer;
mod health;
mod iban;
mod licence;
mod list;
mod name;
mod net;
mod nordic;
mod phone;
mod phone_ranges;
mod secret;
mod text;
mod us;

use crate::model::finding::Validate;

/// Every validator by the name pattern files use, in alphabetical order.
const TABLE: &[(&str, Validate)] = &[
    ("aba_routing", us::aba_routing),
    ("access_key", credential::access_key),
    ("ar_cuil", americas::ar_cuil),
    ("at_svnr", europe::at_svnr),
    ("au_medicare", asia::au_medicare),
    ("au_tfn", asia::au_tfn),
    ("aws_secret_key", credential::aws_secret_key),
    ("azure_key", credential::azure_key),
    ("be_nn", europe::be_nn),
    ("bg_egn", europe_east::bg_egn),
    ("bic", bic::bic),
    ("birth_date", date::birth_date),
    ("bitcoin", crypto::bitcoin),
    ("br_cnpj", americas::br_cnpj),
    ("br_cpf", americas::br_cpf),
    ("ca_sin", americas::ca_sin),
    ("card", card::card),
    ("card_code", card::card_code),
    ("card_expiry", card::card_expiry),
    ("ch_ahv", europe::ch_ahv),
    ("cl_rut", americas::cl_rut),
    ("cn_resident_id", asia::cn_resident_id),
    ("cookie", credential::cookie),
    ("coordinates", device::coordinates),
    ("country", address::country),
    ("cy_tic", europe::cy_tic),
    ("cz_rodne_cislo", europe_east::cz_rodne_cislo),
    ("de_tax_id", europe::de_tax_id),
    ("digits4", us::digits4),
    ("dk_cpr", nordic::dk_cpr),
    ("ee_isikukood", europe_east::ee_isikukood),
    ("email", email::email),
    ("email_encoded", email::email_encoded),
    ("es_dni", europe::es_dni),
    ("ethereum", crypto::ethereum),
    ("fi_hetu", nordic::fi_hetu),
    ("fr_nir", europe::fr_nir),
    ("fr_spi", europe::fr_spi),
    ("full_address", address::full_address),
    ("gb_nhs", health::gb_nhs),
    ("gb_nino", europe::gb_nino),
    ("gb_passport", europe::gb_passport),
    ("gb_utr", europe::gb_utr),
    ("given_name", name::given_name),
    ("gr_afm", europe::gr_afm),
    ("gr_amka", europe::gr_amka),
    ("health_number", health::health_number),
    ("hr_oib", europe_east::hr_oib),
    ("hu_szemelyi_szam", europe_east::hu_szemelyi_szam),
    ("hu_tax_id", europe_east::hu_tax_id),
    ("iban", iban::iban),
    ("icd10", health::icd10),
    ("ie_pps", europe::ie_pps),
    ("il_id", asia::il_id),
    ("imei", device::imei),
    ("in_aadhaar", asia::in_aadhaar),
    ("in_pan", asia::in_pan),
    ("ipv4", net::ipv4),
    ("ipv6", net::ipv6),
    ("is_kennitala", nordic::is_kennitala),
    ("it_codice_fiscale", europe::it_codice_fiscale),
    ("jp_my_number", asia::jp_my_number),
    ("jwt", credential::jwt),
    ("kr_rrn", asia::kr_rrn),
    ("lt_asmens_kodas", europe_east::lt_asmens_kodas),
    ("lu_matricule", europe::lu_matricule),
    ("lv_personas_kods", europe_east::lv_personas_kods),
    ("mac", device::mac),
    ("mt_id_card", europe::mt_id_card),
    ("mx_curp", americas::mx_curp),
    ("mx_rfc", americas::mx_rfc),
    ("nl_bsn", europe::nl_bsn),
    ("no_fodselsnummer", nordic::no_fodselsnummer),
    ("nz_ird", asia::nz_ird),
    ("passport", licence::passport),
    ("password", secret::password),
    ("password_hash", secret::password_hash),
    ("password_text", secret::password_text),
    ("person_name", name::person_name),
    ("person_name_field", name::person_name_field),
    ("person_name_proven", name::person_name_proven),
    ("phone", phone::phone),
    ("phone_international", phone::phone_international),
    ("phone_nanp", phone::phone_nanp),
    ("pl_nip", europe_east::pl_nip),
    ("pl_pesel", europe_east::pl_pesel),
    ("place", address::place),
    ("postal_code", address::postal_code),
    ("private_key", credential::private_key),
    ("province", address::province),
    ("pt_nif", europe::pt_nif),
    ("ro_cnp", europe_east::ro_cnp),
    ("se_personnummer", nordic::se_personnummer),
    ("session_id", credential::session_id),
    ("sg_nric", asia::sg_nric),
    ("si_emso", europe_east::si_emso),
    ("si_tax_number", europe_east::si_tax_number),
    ("state", address::state),
    ("street", address::street),
    ("surname", name::surname),
    ("th_pin", asia::th_pin),
    ("tr_kimlik", europe_east::tr_kimlik),
    ("us_bank_account", us::us_bank_account),
    ("us_bank_account_plain", us::us_bank_account_plain),
    ("us_dea", health::us_dea),
    ("us_driver_license", licence::us_driver_license),
    ("us_ein", us::us_ein),
    ("us_itin", us::us_itin),
    ("us_mbi", health::us_mbi),
    ("us_ndc", health::us_ndc),
    ("us_npi", health::us_npi),
    ("us_ssn", us::us_ssn),
    ("us_street", address::us_street),
    ("username", secret::username),
    ("vin", device::vin),
    ("za_id", asia::za_id),
];

/// The names of all validators.
pub const NAMES: &[&str] = &{
    let mut names = [""; TABLE.len()];
    let mut i = 0;
    while i < TABLE.len() {
        names[i] = TABLE[i].0;
        i += 1;
    }
    names
};

/// The validator of a name, or `None`.
pub fn by_name(name: &str) -> Option<Validate> {
    TABLE.iter().find(|(n, _)| *n == name).map(|(_, validate)| *validate)
}
