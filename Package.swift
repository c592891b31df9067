// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "Rapport",
  products: [
    .library(name: "Rapport", targets: ["Rapport"]),
    .executable(name: "rapport", targets: ["RapportCommand"]),
  ],
  dependencies: [
    // The command line: options, help, completions.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    // Maps that keep the order of their entries.
    .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
    // Files, descriptors and their errors, without Foundation.
    .package(url: "https://github.com/apple/swift-system", from: "1.4.0"),
  ],
  targets: [
    // Doors to C and C++.
    .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
    .systemLibrary(name: "CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
    .target(
      name: "CSimdjson",
      linkerSettings: [.linkedLibrary("simdjson"), .linkedLibrary("stdc++")]
    ),

    // What Swift has no word for: asking for memory ahead, keeping what was freed.
    .target(name: "CMemory"),

    // The lines of the shell: editing, history, completion, by libedit.
    .target(name: "CLineEditing", linkerSettings: [.linkedLibrary("edit")]),

    // Foundations: no storage, no language.
    // SHA-256 of records, schemas and graphs, by nettle: it adds least to short ones.
    .target(name: "Digests", dependencies: ["CNettle"], swiftSettings: settings),
    .target(name: "SourceText", swiftSettings: settings),
    .target(
      name: "GraphModel",
      dependencies: [.product(name: "OrderedCollections", package: "swift-collections")],
      swiftSettings: settings
    ),
    .target(name: "JSONTape", dependencies: ["CSimdjson"], swiftSettings: settings),

    // The event log.
    .target(name: "LMDB", dependencies: ["CLMDB"], swiftSettings: settings),
    .target(
      name: "EventStorage",
      dependencies: [
        "LMDB", "Digests", "JSONTape", "GraphModel",
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: settings
    ),

    // The language, and what its expressions mean.
    .target(name: "Language", dependencies: ["SourceText", "GraphModel"], swiftSettings: settings),
    .target(
      name: "Expressions",
      dependencies: [
        "SourceText", "GraphModel", "Language",
        .product(name: "OrderedCollections", package: "swift-collections"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: settings
    ),

    // The graph, the fold that makes it, the queries that read it.
    .target(
      name: "GraphStorage",
      dependencies: [
        "CMemory", "Digests", "GraphModel",
        .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      swiftSettings: settings
    ),
    .target(
      name: "Projections",
      dependencies: [
        "Digests", "SourceText", "GraphModel", "JSONTape", "Language", "Expressions",
        "GraphStorage",
        .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      swiftSettings: settings
    ),
    .target(
      name: "Queries",
      dependencies: [
        "CMemory", "SourceText", "GraphModel", "Language", "Expressions", "GraphStorage",
        .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      swiftSettings: settings
    ),

    // The façade and the command.
    .target(
      name: "Rapport",
      dependencies: [
        "SourceText", "GraphModel", "JSONTape", "EventStorage", "Language", "Expressions",
        "GraphStorage", "Projections", "Queries",
        .product(name: "OrderedCollections", package: "swift-collections"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      resources: [.embedInCode("../../Schema/meetings.rapport")],
      swiftSettings: settings
    ),
    .executableTarget(
      name: "RapportCommand",
      dependencies: [
        "CLineEditing", "CMemory", "SourceText", "GraphModel", "JSONTape", "EventStorage",
        "Language", "Expressions", "Projections", "Queries", "Rapport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "OrderedCollections", package: "swift-collections"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: settings,
      // Swift's own libraries within the binary: it starts a fifth sooner, calls into them are
      // direct, and it runs where Swift is not installed.
      linkerSettings: [
        .unsafeFlags(
          ["-static-stdlib", "-use-ld=lld", "-l_FoundationCollections", "-l_FoundationCShims"],
          .when(configuration: .release)
        )
      ]
    ),

    // Tests, one target a module, and what runs scenarios of the openCypher TCK for them; RapportTests runs the whole, the binary included.
    .testTarget(name: "DigestsTests", dependencies: ["Digests"], swiftSettings: settings),
    .testTarget(name: "LMDBTests", dependencies: ["LMDB"], swiftSettings: settings),
    .testTarget(
      name: "EventStorageTests",
      dependencies: ["EventStorage", "JSONTape"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "LanguageTests",
      dependencies: ["Language", "SourceText", "GraphModel"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "ExpressionsTests",
      dependencies: ["Conformance", "Expressions", "Language", "GraphModel", "SourceText"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "GraphStorageTests",
      dependencies: ["GraphStorage", "GraphModel"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "ProjectionsTests",
      dependencies: [
        "Projections", "GraphStorage", "GraphModel", "Language", "JSONTape", "SourceText",
        .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      swiftSettings: settings
    ),
    .target(
      name: "Conformance",
      dependencies: [
        "Queries", "GraphStorage", "GraphModel", "Language", "Expressions", "SourceText",
        .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      path: "Tests/Conformance",
      swiftSettings: settings
    ),
    .target(
      name: "Fuzzing",
      dependencies: ["Conformance", "Queries", "GraphModel", "Language", "SourceText"],
      path: "Tests/Fuzzing",
      exclude: ["Parse", "Run"],
      swiftSettings: settings
    ),
    .executableTarget(
      name: "tck",
      dependencies: [
        "Conformance", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Tests/ConformanceRunner",
      swiftSettings: settings
    ),
    .testTarget(
      name: "QueriesTests",
      dependencies: [
        "Conformance", "Queries", "GraphStorage", "GraphModel", "Language", "Expressions",
        "SourceText", .product(name: "OrderedCollections", package: "swift-collections"),
      ],
      exclude: ["Cases"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "RapportTests",
      dependencies: [
        "Rapport", "GraphModel", "GraphStorage", "Language", "Expressions", "Queries",
        "RapportCommand",
      ],
      // Text cases and stores, read from the source tree.
      exclude: ["Cases", "Formats"],
      swiftSettings: settings
    ),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

// Tools/fuzz builds these, whose main function is libFuzzer's.
if Context.environment["RAPPORT_FUZZ"] != nil {
  for (name, folder) in [("fuzz-parse", "Parse"), ("fuzz-run", "Run")] {
    package.targets.append(
      .executableTarget(
        name: name,
        dependencies: ["Fuzzing"],
        path: "Tests/Fuzzing/\(folder)",
        swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]
      )
    )
  }
}
