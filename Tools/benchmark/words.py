"""The words that made-up people, topics and meetings are named with.

Three scripts, because names in a real store have as many, and because the search for a part of a
name (q12) must work in all of them. Letters whose case only some engines know (such as a dotted
capital I) are left out: the peers fold no case beyond ASCII.
"""

GIVEN_NAMES = {
    "latin": (
        "Agnes Anton Beatriz Bruno Carmen Cédric Dagmar Diego Edith Emil Farah Fiona Georg Greet "
        "Hanna Hugo Ines Ivan Jeanne Jorge Karin Kofi Laila Lorenzo Maria Marta Mateo Nadia Noor "
        "Oskar Paola Petra Rafael Ruth Sanna Stefan Tomás Ulla Viktor Yara"
    ).split(),
    "thai": (
        "กานดา จิรา ชาติชาย ดวงใจ ธีระ ประภา ปิยะ พิมพ์ มานะ รัตนา วรรณา สมพร สุริยา อารี"
    ).split(),
    "arabic": "آمنة بلال جميل حنان رشيد زياد سلمى طارق عائشة فؤاد كريم لطيفة منى هدى".split(),
}

FAMILY_NAMES = {
    "latin": (
        "Almeida Berger Bianchi Carlsson Castro Chen Dahl Dias Eriksen Fontaine Gomez Haddad Hoang "
        "Ibarra Janssen Kaya Keller Kim Kruger Laurent Lopez Mbeki Mendes Murphy Ndiaye Nguyen "
        "O'Connor O'Neill Okoye Olsen Pereira Pham Quinn Ramos Rojas Roux Schneider Singh Suarez "
        "Takahashi Toure Vasquez Vogel Wagner Wong Wright Zimmermann"
    ).split(),
    "thai": "กิจเจริญ คงมั่น จันทรา ชัยชนะ ทองคำ นาคสุข พูนสุข มณีรัตน์ วงศ์ดี สายทอง สุขเกษม".split(),
    "arabic": "البكري التميمي الجابري الحربي الزهراني السعدي العمري الغامدي المالكي الهاشم".split(),
}

SCRIPTS = ("latin", "latin", "latin", "latin", "thai", "arabic")

CITIES = (
    "Accra Athens Baku Bern Cairo Dakar Dublin Hanoi Helsinki Jakarta Kigali Lima Lisbon Manila "
    "Muscat Oslo Ottawa Quito Rabat Riga Seoul Sofia Tallinn Tunis Vienna"
).split()
SECTORS = (
    "Airspace Banking Broadcasting Competition Consumer Data Energy Fisheries Gas Health Insurance "
    "Ports Post Rail Spectrum Telecom Water"
).split()
KINDS_OF_MEETING = (
    "Annual Bilateral Closing Consultative Extraordinary Joint Monthly Preparatory Regional "
    "Technical"
).split()
SUBJECTS = [
    "access to networks", "audit rules", "border flows", "broadband cost", "capital buffers",
    "complaints handling", "fair tariffs", "licence renewal", "market entry", "number portability",
    "outage reports", "price transparency", "roaming", "safety cases", "universal service",
]
OFFICES = [
    "Adviser", "Chief Engineer", "Commissioner", "Deputy Director", "Director", "Economist",
    "Head of Section", "Inspector", "Lawyer", "Secretary",
]
MODES = ("onsite", "online", "hybrid")
ROLES = ("delegate", "speaker", "observer")

# Parts of names that q12 looks for: common, rare, in each script, and one that nobody has.
PARTS_OF_NAMES = [
    "maria", "KELLER", "o'c", "nguy", "son", "ธีระ", "สุข", "طارق", "ال", "qx",
    "ez", "wong", "imm", "ra", "quin", "ทอง", "سلمى", "schneider", "HANNA ", "-kim",
]
