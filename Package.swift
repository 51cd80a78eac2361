// swift-tools-version: 6.2
import PackageDescription

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "heddle",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "heddle", targets: ["heddle"]),
        .executable(name: "heddle-echo", targets: ["heddle-echo"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // One scan from bytes to a tape of offsets; no project imports.
        .target(name: "JSON"),
        // Debian's PCRE2, which bounds the steps of a match.
        .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
        // A JSON Schema validator on the tape; no project imports but JSON.
        .target(name: "JSONSchema", dependencies: ["CPCRE2", "JSON"]),
        // Documents that several change: patches, differences and merges; no project imports but JSON.
        .target(name: "JSONPatch", dependencies: ["JSON"]),
        // Values, rules, state machines and the one error. No I/O.
        .target(name: "HeddleModel", dependencies: ["JSON", "JSONSchema", yams]),
        // What is kept in memory for those who ask the same; no project imports.
        .target(name: "HeddleCache"),
        // Breakers, retries, queues, rates and balancing as rules without clocks or locks; no project imports.
        .target(name: "HeddleResilience"),
        // What calls come to, and the text that shows it to Prometheus; no project imports.
        .target(name: "HeddleTelemetry"),
        // Keys and signatures: who vouches for a package.
        .target(name: "HeddleSecurity", dependencies: ["HeddleModel", "JSON", crypto]),
        // Debian's zlib.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        // Unpacks tar and zip files of strangers; no project imports.
        .target(name: "Archive", dependencies: ["CZlib"]),
        // Fetches files from URLs that operators name; no project imports.
        .target(name: "Download", dependencies: [asyncHTTPClient, crypto, nioCore, nioHTTP1, nioPosix, nioSSL]),
        // Debian's libpq.
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        // The database behind read and write closures; the only importer of GRDB and libpq.
        .target(
            name: "HeddleStore",
            dependencies: ["CPostgres", "HeddleModel", logging, .product(name: "GRDB", package: "GRDB.swift")]
        ),
        // Distances between vectors in C, for each kind of processor, and the graph that is searched with them.
        .target(
            name: "CHeddleKernels",
            // Kernels without optimisation are so slow that the tests of what is above them would be too.
            cSettings: [
                .unsafeFlags(["-O3"], .when(configuration: .release)),
                .unsafeFlags(["-O2"], .when(configuration: .debug)),
            ]
        ),
        // Collections of vectors: durable, searched by nearness.
        .target(name: "HeddleVectors", dependencies: ["CHeddleKernels", "HeddleModel", "JSON", logging]),
        // Debian's libseccomp.
        .systemLibrary(
            name: "CSeccomp",
            pkgConfig: "libseccomp",
            providers: [.apt(["libseccomp-dev"])]
        ),
        // Processes that get what was granted and nothing else.
        .target(name: "HeddleSandbox", dependencies: ["CSeccomp", "HeddleModel", logging]),
        // The Model Context Protocol: messages of both eras and the client of one extension process.
        .target(name: "HeddleMCP", dependencies: ["HeddleModel", "JSON", logging, nioCore, nioPosix]),
        // The registry, installation, activation and invocation of extensions.
        .target(
            name: "HeddleExtensions",
            dependencies: [
                "Download", "HeddleCache", "HeddleMCP", "HeddleModel", "HeddleResilience", "HeddleSandbox",
                "HeddleSecurity", "HeddleStore", "HeddleTelemetry", "JSON",
                crypto, logging, nioCore, nioPosix,
                serviceLifecycle,
            ]
        ),
        // What agents share: contexts, with their participants, sessions, metadata and state.
        .target(
            name: "HeddleCoordination",
            dependencies: [
                "HeddleCache", "HeddleModel", "HeddleStore", "JSON", "JSONPatch", crypto, logging, serviceLifecycle,
            ]
        ),
        // HTTP: routes, middleware, the MCP endpoint and the composition root.
        .target(
            name: "HeddleServer",
            dependencies: [
                "Download", "HeddleCache", "HeddleCoordination", "HeddleSecurity", "HeddleExtensions", "HeddleMCP",
                "HeddleModel", "HeddleResilience", "HeddleSandbox", "HeddleStore", "HeddleTelemetry", "HeddleVectors",
                "JSON", "JSONPatch",
                "JSONSchema", crypto, httpTypes, hummingbird, hummingbirdCore, logging, nioCore, nioHTTP1, nioHTTPTypes,
                nioPosix,
                serviceLifecycle,
                unixSignals,
            ]
        ),
        // The typed HTTP client of the command line.
        .target(
            name: "HeddleClient",
            dependencies: ["HeddleModel", "JSON", asyncHTTPClient, nioCore, nioHTTP1, nioPosix]
        ),
        // The load that `heddle benchmark` makes, and what it measures.
        .target(
            name: "HeddleBenchmark",
            dependencies: [
                "HeddleCache", "HeddleClient", "HeddleCoordination", "HeddleExtensions", "HeddleModel", "HeddleSandbox",
                "HeddleStore", "HeddleVectors", "JSON", "JSONSchema",
                logging,
            ]
        ),
        // The command line, one file a command.
        .target(
            name: "HeddleCommands",
            dependencies: [
                "Archive", "HeddleBenchmark", "HeddleClient", "HeddleExtensions", "HeddleModel", "HeddleServer",
                "HeddleStore", "HeddleVectors", "JSON", "JSONSchema", argumentParser, logging,
            ]
        ),
        .executableTarget(name: "heddle", dependencies: ["HeddleCommands", argumentParser]),
        // The smallest MCP server: what the benchmarks and tests drive.
        .executableTarget(name: "heddle-echo", dependencies: ["JSON"]),
        .target(
            name: "HeddleTestSupport",
            dependencies: []
        ),
        .testTarget(name: "ArchiveTests", dependencies: ["Archive", "CZlib", "HeddleTestSupport"]),
        .testTarget(
            name: "DownloadTests",
            dependencies: ["Download", "HeddleTestSupport", crypto, nioCore, nioHTTP1, nioPosix, nioSSL]
        ),
        .testTarget(name: "HeddleCacheTests", dependencies: ["HeddleCache", "HeddleTestSupport"]),
        .testTarget(name: "HeddleResilienceTests", dependencies: ["HeddleResilience", "HeddleTestSupport"]),
        .testTarget(name: "HeddleTelemetryTests", dependencies: ["HeddleTelemetry", "HeddleTestSupport"]),
        .testTarget(name: "JSONTests", dependencies: ["HeddleTestSupport", "JSON"]),
        .testTarget(name: "JSONPatchTests", dependencies: ["HeddleTestSupport", "JSON", "JSONPatch"]),
        .testTarget(name: "JSONSchemaTests", dependencies: ["HeddleTestSupport", "JSON", "JSONSchema"]),
        .testTarget(
            name: "HeddleModelTests",
            dependencies: ["HeddleModel", "HeddleTestSupport", "JSON", "JSONSchema"]
        ),
        .testTarget(
            name: "HeddleSecurityTests",
            dependencies: ["HeddleModel", "HeddleSecurity", "HeddleTestSupport", "JSON", crypto]
        ),
        .testTarget(
            name: "HeddleCommandsTests",
            dependencies: [
                "HeddleClient", "HeddleCommands", "HeddleModel", "HeddleTestSupport", "JSON", argumentParser, nioCore,
                nioHTTP1, nioPosix,
            ]
        ),
        .testTarget(
            name: "HeddleStoreTests",
            dependencies: ["HeddleModel", "HeddleStore", "HeddleTestSupport", logging]
        ),
        .testTarget(name: "CHeddleKernelsTests", dependencies: ["CHeddleKernels", "HeddleTestSupport"]),
        .testTarget(
            name: "HeddleVectorsTests",
            dependencies: ["CHeddleKernels", "HeddleModel", "HeddleTestSupport", "HeddleVectors", "JSON"]
        ),
        .testTarget(
            name: "HeddleCoordinationTests",
            dependencies: [
                "HeddleCoordination", "HeddleModel", "HeddleStore", "HeddleTestSupport", "JSON", "JSONPatch", logging,
            ]
        ),
        .testTarget(
            name: "HeddleSandboxTests",
            dependencies: ["HeddleModel", "HeddleSandbox", "HeddleTestSupport"]
        ),
        .testTarget(
            name: "HeddleMCPTests",
            dependencies: ["HeddleMCP", "HeddleModel", "JSON", nioCore, nioPosix]
        ),
        .testTarget(
            name: "HeddleExtensionsTests",
            dependencies: [
                "HeddleExtensions", "HeddleMCP", "HeddleModel", "HeddleSandbox", "HeddleSecurity", "HeddleStore",
                "HeddleTestSupport", "JSON", crypto, logging,
            ]
        ),
        .testTarget(
            name: "HeddleServerTests",
            dependencies: [
                "HeddleExtensions", "HeddleModel", "HeddleServer", "HeddleStore", "HeddleTestSupport", "JSON",
                httpTypes, logging, nioHTTP1,
            ]
        ),
        .testTarget(
            name: "IntegrationTests",
            dependencies: ["HeddleModel", "HeddleSecurity", "HeddleTestSupport", "JSON", "JSONSchema", crypto]
        ),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system {
    target.swiftSettings =
        (target.swiftSettings ?? []) + [
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("InternalImportsByDefault"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            .enableUpcomingFeature("InferIsolatedConformances"),
            .enableUpcomingFeature("ImmutableWeakCaptures"),
            .treatAllWarnings(as: .error),
        ]
}
