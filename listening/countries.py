"""Countries as ISO 3166-1 alpha-2 codes, found by code or by their common English name."""

from __future__ import annotations

import re

from listening.folding import fold_text

CODES = frozenset(
    re.findall(
        r"[A-Z]+",
        "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV "
        "BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES "
        "ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE "
        "IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY "
        "MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU "
        "NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM "
        "SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE "
        "VG VI VN VU WF WS YE YT ZA ZM ZW",
    )
)

_NAMES = {
    "GB": "United Kingdom; UK; Great Britain; Britain; England; Scotland; Wales; Northern Ireland",
    "US": "United States; United States of America; USA; America",
    "IE": "Ireland", "FR": "France", "DE": "Germany", "IT": "Italy", "ES": "Spain", "PT": "Portugal",
    "NL": "Netherlands; Holland", "BE": "Belgium", "LU": "Luxembourg", "CH": "Switzerland", "AT": "Austria",
    "DK": "Denmark", "SE": "Sweden", "NO": "Norway", "FI": "Finland", "IS": "Iceland", "FO": "Faroe Islands",
    "EE": "Estonia", "LV": "Latvia", "LT": "Lithuania", "PL": "Poland", "CZ": "Czech Republic; Czechia",
    "SK": "Slovakia", "HU": "Hungary", "RO": "Romania", "BG": "Bulgaria", "GR": "Greece", "TR": "Turkey; Türkiye",
    "UA": "Ukraine", "RU": "Russia; Soviet Union", "BY": "Belarus", "RS": "Serbia", "HR": "Croatia", "SI": "Slovenia",
    "CA": "Canada", "MX": "Mexico", "BR": "Brazil", "AR": "Argentina", "CL": "Chile", "CO": "Colombia", "PE": "Peru",
    "VE": "Venezuela", "UY": "Uruguay", "CU": "Cuba", "JM": "Jamaica", "PR": "Puerto Rico", "DO": "Dominican Republic",
    "TT": "Trinidad and Tobago", "BB": "Barbados", "HT": "Haiti", "JP": "Japan", "KR": "South Korea; Korea",
    "CN": "China", "TW": "Taiwan", "HK": "Hong Kong", "IN": "India", "PK": "Pakistan", "BD": "Bangladesh",
    "TH": "Thailand", "VN": "Vietnam", "ID": "Indonesia", "MY": "Malaysia", "SG": "Singapore", "PH": "Philippines",
    "MN": "Mongolia", "IL": "Israel", "LB": "Lebanon", "IR": "Iran", "IQ": "Iraq", "SA": "Saudi Arabia",
    "AE": "United Arab Emirates", "EG": "Egypt", "MA": "Morocco", "DZ": "Algeria", "TN": "Tunisia", "ML": "Mali",
    "SN": "Senegal", "NG": "Nigeria", "GH": "Ghana", "ET": "Ethiopia", "KE": "Kenya", "CD": "Congo", "CM": "Cameroon",
    "ZW": "Zimbabwe", "ZA": "South Africa", "AU": "Australia", "NZ": "New Zealand",
}  # fmt: skip
_BY_NAME = {fold_text(name): code for code, names in _NAMES.items() for name in names.split(";")}


def country_code(text: str) -> str | None:
    """The code for a code or a name; None when it is neither."""
    folded = fold_text(text)
    code = _BY_NAME.get(folded, folded.upper())
    return code if code in CODES else None
