import JSON

extension Manifest {
    /// Where an extension runs, and beside what it does not.
    package struct Compatibility: Sendable, Hashable {
        /// The versions of Heddle; nil for any.
        package let heddle: VersionRange?
        /// Operating systems by the name that `uname` has, in lower case; empty for any.
        package let platforms: [String]
        /// Processors: `x64` or `arm64`; empty for any.
        package let architectures: [String]
        /// Extensions that it cannot be beside.
        package let conflicts: [ExtensionName]

        package init(
            heddle: VersionRange? = nil,
            platforms: [String] = [],
            architectures: [String] = [],
            conflicts: [ExtensionName] = []
        ) {
            self.heddle = heddle
            self.platforms = platforms
            self.architectures = architectures
            self.conflicts = conflicts
        }

        /// Everything that speaks against running here, in words; conflicts with others are somebody else's to find.
        package func problems(
            version: SemanticVersion,
            platform: String = Self.platform,
            architecture: String = Self.architecture
        ) -> [String] {
            var problems: [String] = []
            if let heddle, !heddle.contains(version) {
                problems.append("it needs Heddle \(heddle.text), and this is \(version)")
            }
            if !platforms.isEmpty, !platforms.contains(platform) {
                problems.append("it runs on \(platforms.joined(separator: ", ")), and this is \(platform)")
            }
            if !architectures.isEmpty, !architectures.contains(architecture) {
                problems.append("it runs on \(architectures.joined(separator: ", ")), and this is \(architecture)")
            }
            return problems
        }

        package static let platform: String = {
            #if os(Linux)
            "linux"
            #else
            "darwin"
            #endif
        }()

        package static let architecture: String = {
            #if arch(arm64)
            "arm64"
            #else
            "x64"
            #endif
        }()
    }
}

extension Manifest.Compatibility {
    static let shape = Shape.object(optional: [
        "heddle": Shape.adding(["maxLength": 256], to: Shape.text),
        "platforms": Shape.list(Shape.choice(["linux", "darwin", "win32"]), most: 8),
        "architectures": Shape.list(Shape.choice(["x64", "arm64"]), most: 8),
        "conflicts": Shape.list(ExtensionName.shape, most: 256),
    ])

    init(_ fields: JSONFields) throws(HeddleError) {
        var conflicts: [ExtensionName] = []
        for name in try fields.strings("conflicts") { conflicts.append(try ExtensionName(name)) }
        self.init(
            heddle: try fields.stringIfPresent("heddle").map { text throws(HeddleError) in try VersionRange(text) },
            platforms: try fields.strings("platforms"),
            architectures: try fields.strings("architectures"),
            conflicts: conflicts
        )
    }

    var value: JSONValue {
        var object = JSONObject()
        object["heddle"] = heddle.map { .string($0.text) }
        object["platforms"] = platforms.isEmpty ? nil : .array(platforms.map(JSONValue.string))
        object["architectures"] = architectures.isEmpty ? nil : .array(architectures.map(JSONValue.string))
        object["conflicts"] = conflicts.isEmpty ? nil : .array(conflicts.map { .string($0.rawValue) })
        return .object(object)
    }
}
