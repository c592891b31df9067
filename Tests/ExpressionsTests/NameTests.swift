import Conformance
import Expressions
import Foundation
import Testing

@Suite struct `Folding a name` {
  @Test(arguments: [
    ("  Az-El-Arabe   HASSIBI ", "az el arabe hassibi"), ("Ruairí Ó Murchú", "ruairi o murchu"),
    ("O'Brien", "obrien"), ("O’Brien", "obrien"), ("ＡＮＲＴ　２", "anrt 2"), ("Straße", "strasse"),
    ("Łódź Ørsted Æsir", "lodz orsted aesir"), ("ﬁne", "fine"),
    ("İstanbul ıslak", "istanbul islak"),
    ("Σίσυφος", "σισυφοσ"), ("Ёлкин Й", "елкин и"),
    ("The Rt Hon Sir Keir Starmer KCB KC MP", "keir starmer"),
    ("Prof. Dr. Anna Weiß", "anna weiss"),
    ("Jonathan Lord MP", "jonathan lord"), ("Lord", "lord"), ("Mr Lord", "lord"),
    ("Mme Dupont", "dupont"),
    ("Eng. Hassibi", "hassibi"), ("ไม่", "ไม"), ("นายสุทธิศักดิ์ ตันตะโยธิน", "สุทธิศักดิ ตันตะโยธิน"),
    ("ศาสตราจารย์ คลินิก นพ. สรณ บุญใบชัยพฤกษ์", "สรณ บุญใบชัยพฤกษ"), ("กสทช.", "กสทช"),
    ("عز العرب الحسيبي", "عز عرب حسيبي"), ("أَحْمَد", "احمد"), ("فاطمة", "فاطمه"), ("ليلى", "ليلي"),
    ("محـــمد", "محمد"), ("الوكالة الوطنية", "وكاله وطنيه"), ("٢٠٢٢ ๒๕๖๕", "2022 2565"),
    ("ダイガク", "ダイガク"), ("...", ""), ("", ""), ("a\u{200D}b\u{AD}c", "abc"),
  ])
  func `leaves what names have in common`(name: String, folded: String) {
    #expect(
      TextFolding.folded(name).unicodeScalars.elementsEqual(folded.decomposedScalars),
      "\(name)"
    )
  }

  @Test func `changes nothing when it is done again`() {
    for name in ["The Rt Hon Sir Keir Starmer MP", "Az-El-Arabe HASSIBI", "Łódź", "กสทช.", "فاطمة"]
    {
      let once = TextFolding.folded(name)
      #expect(TextFolding.folded(once) == once)
    }
  }

  @Test func `appends to what is there`() {
    var bytes = Array("x".utf8)
    TextFolding.fold("Dr", appendingTo: &bytes)
    TextFolding.fold("Dr. Who", appendingTo: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == "xdrwho")
  }
}

extension String {
  /// Kana and Cyrillic stay decomposed in folded text.
  fileprivate var decomposedScalars: String.UnicodeScalarView {
    decomposedStringWithCanonicalMapping.unicodeScalars
  }
}

@Suite struct `Searching a name` {
  @Test(arguments: [
    ("hassibi", "Eng. Az-El-Arabe HASSIBI"), ("Hassibi Arabe", "Az-El-Arabe HASSIBI"),
    ("az-el-arab", "Az-El-Arabe HASSIBI"), ("Azelarab Hassibi", "Az-El-Arabe HASSIBI"),
    ("Azzelarabe Hassibi", "Az-El-Arabe HASSIBI"), ("Hasibi", "Az-El-Arabe HASSIBI"),
    ("حسيبي", "عز العرب الحسيبي"), ("الحسيبي", "عز العرب حسيبي"), ("عز العرب", "عز العرب حسيبي"),
    ("สรณ", "ศาสตราจารย์ คลินิก นพ. สรณ บุญใบชัยพฤกษ์"), ("สุทธิศักดิ์", "นายสุทธิศักดิ์ ตันตะโยธิน"),
    ("นายสุทธิศักดิ์", "สุทธิศักดิ์ ตันตะโยธิน"), ("กสทช", "สำนักงาน กสทช."),
    ("โทรคมนาคม", "สายงานกิจการโทรคมนาคม"),
    ("el kalkha", "Ms. Imane EL KALKHA"), ("elkalkha", "Imane El Kalkha"),
    ("O Brien", "Darragh O'Brien"),
    ("brien o darragh", "Darragh O'Brien"), ("obrien", "Darragh O Brien"), ("ANRT", "A.N.R.T."),
    ("Micheal Martin", "Michael Martin"), ("Tokyo 大学", "東京Tokyo大学"),
    ("dupont", "Mme Dupont-Aignan"),
    ("MUR", "Ruairí Ó Murchú"), ("Mr Lord", "Jonathan Lord"),
  ])
  func `finds it`(needle: String, name: String) {
    #expect(NameMatcher(needle).matches(name))
  }

  @Test(arguments: [
    ("hassibi", "Imane EL KALKHA"), ("ann", "Hannah"), ("mur", "Samurai"),
    ("john smith", "John Doe"),
    ("smith john", "Smithson Jane"), ("", "anything"), ("...", "anything"), ("anna", "Anne"),
    ("สรณ", "สุทธิศักดิ์"), ("hassibi", ""), ("matthews", "Mathers"),
  ])
  func `does not find another`(needle: String, name: String) {
    #expect(!NameMatcher(needle).matches(name))
  }

  @Test func `is an operator and a function of the language`() throws {
    #expect(try literal("'Az-El-Arabe HASSIBI' ~ 'hassibi'") == "true")
    #expect(try literal("['ANRT', 'Az-El-Arabe HASSIBI'] ~ 'hassibi'") == "true")
    #expect(try literal("[null, 'b'] ~ 'hassibi'") == "null")
    #expect(try literal("null ~ 'a'") == "null")
    #expect(try literal("similarity('Hassibi', 'HASSIBI')") == "1.0")
    #expect(try literal("similarity('abc', 'xyz')") == "0.0")
    #expect(
      try literal(
        "similarity('Az Hassibi', 'hassibi') > similarity('Az Hossabi', 'hassibi')"
      ) == "true"
    )
  }

  @Test func `takes needles of any length`() {
    let long = String(repeating: "abcdefgh ", count: 2000)
    #expect(NameMatcher(long).matches(long))
    #expect(!NameMatcher(long).matches("abcdefgh"))
    #expect(NameMatcher("abcdefgh").matches(long))
    #expect(NameMatcher("abcdefgh").similarity(to: long) > 0.7)
  }

  @Test(.enabled(if: SharedFiles.has("data/ie-name-variants"), "the name variants are not there"))
  func `finds the person of hand-made variants`() throws {
    let data = try Data(
      contentsOf: SharedFiles.file("data/ie-name-variants/name_canonicalization.json")
    )
    let variants = try JSONDecoder().decode([String: [String]].self, from: data)
    var total = 0
    var found = 0
    var first = 0
    var strangers = 0
    for (person, names) in variants {
      for name in names {
        total += 1
        let matcher = NameMatcher(name)
        if matcher.matches(person) { found += 1 } else { print("not found: \(name) as \(person)") }
        strangers += variants.keys.filter { $0 != person && matcher.matches($0) }.count
        let best = variants.keys.max { matcher.similarity(to: $0) < matcher.similarity(to: $1) }
        if best == person { first += 1 }
      }
    }
    print("names: \(total), found \(found), most similar \(first), strangers \(strangers)")
    #expect(found == total)
    #expect(strangers == 0)
    #expect(first == total)
    #expect(strangers == 0)
  }
}
