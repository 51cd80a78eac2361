/// The rules that a schema is written in.
struct SchemaDialect: Sendable, Hashable {
    /// The groups of keywords that a dialect has (2020-12, core §8.1).
    struct Vocabularies: OptionSet, Sendable, Hashable {
        let rawValue: UInt8

        static let applicator = Vocabularies(rawValue: 1)
        static let unevaluated = Vocabularies(rawValue: 2)
        static let validation = Vocabularies(rawValue: 4)
        static let metadata = Vocabularies(rawValue: 8)
        static let formatAnnotation = Vocabularies(rawValue: 16)
        static let formatAssertion = Vocabularies(rawValue: 32)
        static let content = Vocabularies(rawValue: 64)

        static let all: Vocabularies = [
            .applicator, .unevaluated, .validation, .metadata, .formatAnnotation, .content,
        ]
    }

    /// Whether everything beside a `$ref` is ignored, as up to draft 7.
    var ignoresReferenceSiblings: Bool
    /// Whether `items` may be an array, with `additionalItems` for the rest, as before 2020-12.
    var hasArrayItems: Bool
    var vocabularies: Vocabularies

    static let draft2020 = SchemaDialect(
        ignoresReferenceSiblings: false,
        hasArrayItems: false,
        vocabularies: .all
    )
    static let draft2019 = SchemaDialect(ignoresReferenceSiblings: false, hasArrayItems: true, vocabularies: .all)
    static let draft7 = SchemaDialect(
        ignoresReferenceSiblings: true,
        hasArrayItems: true,
        vocabularies: [.applicator, .validation, .metadata, .formatAnnotation, .content]
    )

    /// The dialect that a `$schema` names, when it is one of the published ones.
    static func published(_ uri: String) -> SchemaDialect? {
        switch uri {
        case "https://json-schema.org/draft/2020-12/schema": .draft2020
        case "https://json-schema.org/draft/2019-09/schema": .draft2019
        case "http://json-schema.org/draft-07/schema", "http://json-schema.org/draft-06/schema",
            "http://json-schema.org/schema":
            .draft7
        default: nil
        }
    }

    private static let names: [(suffix: String, Vocabularies)] = [
        ("applicator", .applicator), ("unevaluated", .unevaluated), ("validation", .validation),
        ("meta-data", .metadata), ("format-annotation", .formatAnnotation), ("format-assertion", .formatAssertion),
        ("format", .formatAnnotation), ("content", .content),
    ]

    /// The vocabulary of this name; nil for one that is not known, and nothing for the core, which is always there.
    static func vocabulary(_ uri: String) -> Vocabularies? {
        for draft in ["2020-12", "2019-09"] {
            let prefix = "https://json-schema.org/draft/\(draft)/vocab/"
            guard uri.hasPrefix(prefix) else { continue }
            let name = uri.dropFirst(prefix.count)
            if name == "core" { return [] }
            return names.first { $0.suffix == name }?.1
        }
        return nil
    }
}
