/// Which zones the IANA database holds to be one.
///
/// Its main part keeps apart only zones that differ since 1970; some systems add older differences
/// from its part `backzone`, others do not. Taking those zones for one makes answers the same on
/// both. Sources: the files `zone1970.tab` and `zone.tab` of the database.
struct TimeZoneLinks: Sendable {
  /// The zone that stands for a zone which the main part has no rules for.
  private let targets: [String: String]

  init(zones: [UInt8], zonesSince1970: [UInt8]) {
    let distinct = Self.rows(zonesSince1970)
    let names = Set(distinct.map(\.name))
    var targets: [String: String] = [:]
    for zone in Self.rows(zones) where !names.contains(zone.name) {
      let ofCountry = distinct.filter { !$0.countries.isDisjoint(with: zone.countries) }
      // A country with several zones does not tell which of them is meant.
      if ofCountry.count == 1 { targets[zone.name] = ofCountry[0].name }
    }
    self.targets = targets
  }

  /// The zone whose rules a zone has.
  func target(of name: String) -> String { targets[name] ?? name }

  /// The lines of such a file: countries, coordinates, the name of the zone, remarks.
  private static func rows(_ file: [UInt8]) -> [(countries: Set<String>, name: String)] {
    String(decoding: file, as: UTF8.self).split(separator: "\n").compactMap { line in
      let columns = line.split(separator: "\t")
      guard line.first != "#", columns.count >= 3 else { return nil }
      return (Set(columns[0].split(separator: ",").map(String.init)), String(columns[2]))
    }
  }
}
