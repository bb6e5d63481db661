"""The currencies that a rate may be in, and how many decimals their amounts have.

ISO 4217's own minor units, from the maintenance agency's list one of 1 January 2026 and, for what was withdrawn since
2015, list three. CLDR's digits, which Babel, `Intl` and .NET know, say how prices are usually shown: they differ for
IQD, LBP, HUF and others, and change between versions of the library.
"""

_OF_TWO_DECIMALS = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP
    COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR
    JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN
    NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL
    THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
"""
_WITHDRAWN_OF_TWO = "ANG BGN CUC HRK MRO SLL STD VEF ZWL"
_OF_NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_WITHDRAWN_OF_NONE = "BYR"
_OF_THREE = "BHD IQD JOD KWD LYD OMR TND"
_OF_FOUR = "CLF UYW"

# Codes without a minor unit (metals, drawing rights, XXX) are not here: nobody is paid in them.
MINOR_UNITS: dict[str, int] = {
    code: digits
    for codes, digits in (
        (_OF_TWO_DECIMALS, 2),
        (_WITHDRAWN_OF_TWO, 2),
        (_OF_NONE, 0),
        (_WITHDRAWN_OF_NONE, 0),
        (_OF_THREE, 3),
        (_OF_FOUR, 4),
    )
    for code in codes.split()
}
