import JSON

/// The published schemas of schemas, made from a table of the keywords and what their values are.
enum MetaSchemas {
    /// What the value of a keyword is.
    private enum Shape {
        case schema, schemas, namedSchemas, schemaOrSchemas, string, uri, uriReference, anchor, bool, any, number
        case positiveNumber, count, strings, type, schemaOrStringsByName, stringsByName, boolsByName
        /// A count with what it is when nobody says.
        case countOr(Int)

        /// The schema of such a value; `schema` is the reference to a schema, of the dialect.
        func value(_ schema: JSONValue) -> JSONValue {
            switch self {
            case .schema: schema
            case .schemas: ["type": "array", "minItems": 1, "items": schema]
            case .namedSchemas: ["type": "object", "additionalProperties": schema, "default": [:]]
            case .schemaOrSchemas: ["anyOf": [schema, ["type": "array", "minItems": 1, "items": schema]]]
            case .string: ["type": "string"]
            case .uri: ["type": "string", "format": "uri"]
            case .uriReference: ["type": "string", "format": "uri-reference"]
            case .anchor: ["type": "string", "pattern": "^[A-Za-z_][-A-Za-z0-9._]*$"]
            case .bool: ["type": "boolean"]
            case .any: true
            case .number: ["type": "number"]
            case .positiveNumber: ["type": "number", "exclusiveMinimum": 0]
            case .count: ["type": "integer", "minimum": 0]
            case .countOr(let standard): ["type": "integer", "minimum": 0, "default": .integer(standard)]
            case .strings: ["type": "array", "items": ["type": "string"], "uniqueItems": true]
            case .type:
                ["anyOf": [Self.kind, ["type": "array", "items": Self.kind, "minItems": 1, "uniqueItems": true]]]
            case .schemaOrStringsByName:
                ["type": "object", "additionalProperties": ["anyOf": [schema, Shape.strings.value(schema)]]]
            case .stringsByName: ["type": "object", "additionalProperties": Shape.strings.value(schema)]
            case .boolsByName: ["type": "object", "additionalProperties": ["type": "boolean"]]
            }
        }

        private static let kind: JSONValue = [
            "enum": ["array", "boolean", "integer", "null", "number", "object", "string"]
        ]
    }

    private static let vocabularies: [(name: String, keywords: [(String, Shape)])] = [
        (
            "core",
            [
                ("$id", .uriReference), ("$schema", .uri), ("$ref", .uriReference), ("$anchor", .anchor),
                ("$dynamicRef", .uriReference), ("$dynamicAnchor", .anchor), ("$vocabulary", .boolsByName),
                ("$comment", .string), ("$defs", .namedSchemas),
            ]
        ),
        (
            "applicator",
            [
                ("prefixItems", .schemas), ("items", .schema), ("contains", .schema), ("additionalProperties", .schema),
                ("properties", .namedSchemas), ("patternProperties", .namedSchemas),
                ("dependentSchemas", .namedSchemas), ("propertyNames", .schema), ("if", .schema), ("then", .schema),
                ("else", .schema), ("allOf", .schemas), ("anyOf", .schemas), ("oneOf", .schemas), ("not", .schema),
            ]
        ),
        ("unevaluated", [("unevaluatedItems", .schema), ("unevaluatedProperties", .schema)]),
        (
            "validation",
            validation + [("dependentRequired", .stringsByName), ("maxContains", .count), ("minContains", .countOr(1))]
        ),
        ("meta-data", metadata + [("deprecated", .bool)]),
        ("format-annotation", [("format", .string)]),
        ("format-assertion", [("format", .string)]),
        ("content", [("contentEncoding", .string), ("contentMediaType", .string), ("contentSchema", .schema)]),
    ]

    private static let validation: [(String, Shape)] = [
        ("type", .type), ("const", .any), ("enum", .any), ("multipleOf", .positiveNumber), ("maximum", .number),
        ("exclusiveMaximum", .number), ("minimum", .number), ("exclusiveMinimum", .number), ("maxLength", .count),
        ("minLength", .countOr(0)), ("pattern", .string), ("maxItems", .count), ("minItems", .countOr(0)),
        ("uniqueItems", .bool), ("maxProperties", .count), ("minProperties", .countOr(0)), ("required", .strings),
    ]

    private static let metadata: [(String, Shape)] = [
        ("title", .string), ("description", .string), ("default", .any), ("readOnly", .bool), ("writeOnly", .bool),
        ("examples", .any),
    ]

    private static let draft7: [(String, Shape)] =
        validation + metadata + [
            ("$id", .uriReference), ("$schema", .uri), ("$ref", .uriReference), ("$comment", .string),
            ("definitions", .namedSchemas), ("items", .schemaOrSchemas), ("additionalItems", .schema),
            ("contains", .schema), ("additionalProperties", .schema), ("properties", .namedSchemas),
            ("patternProperties", .namedSchemas), ("dependencies", .schemaOrStringsByName), ("propertyNames", .schema),
            ("if", .schema), ("then", .schema), ("else", .schema), ("allOf", .schemas), ("anyOf", .schemas),
            ("oneOf", .schemas), ("not", .schema), ("format", .string), ("contentEncoding", .string),
            ("contentMediaType", .string),
        ]

    private static let base = "https://json-schema.org/draft/2020-12/"

    /// The documents by their addresses.
    static let documents: [String: JSONDocument] = {
        // They are ours, and a test compiles them.
        Dictionary(values.compactMap { uri, value in (try? JSONDocument(value.bytes)).map { (uri, $0) } }) { $1 }
    }()

    private static let values: [(String, JSONValue)] = {
        var result: [(String, JSONValue)] = []
        for (name, keywords) in vocabularies {
            result.append((base + "meta/" + name, vocabulary(name, keywords)))
        }
        let standard = vocabularies.map(\.name).filter { $0 != "format-assertion" }
        result.append((base + "schema", dialect(standard)))
        let own: JSONValue = ["$ref": "#"]
        result.append(
            (
                "http://json-schema.org/draft-07/schema",
                [
                    "$schema": "http://json-schema.org/draft-07/schema#",
                    "$id": "http://json-schema.org/draft-07/schema#",
                    "type": ["object", "boolean"], "properties": properties(draft7, own), "default": true,
                ]
            )
        )
        return result
    }()

    private static func properties(_ keywords: [(String, Shape)], _ schema: JSONValue) -> JSONValue {
        .object(JSONObject(members: keywords.map { .init(name: $0.0, value: $0.1.value(schema)) }))
    }

    private static func vocabulary(_ name: String, _ keywords: [(String, Shape)]) -> JSONValue {
        [
            "$schema": .string(base + "schema"), "$id": .string(base + "meta/" + name), "$dynamicAnchor": "meta",
            "type": ["object", "boolean"], "properties": properties(keywords, ["$dynamicRef": "#meta"]),
        ]
    }

    private static func dialect(_ names: [String]) -> JSONValue {
        let vocabulary = names.map { JSONObject.Member(name: base + "vocab/" + $0, value: true) }
        return [
            "$schema": .string(base + "schema"), "$id": .string(base + "schema"), "$dynamicAnchor": "meta",
            "$vocabulary": .object(JSONObject(members: vocabulary)),
            "allOf": .array(names.map { ["$ref": .string("meta/" + $0)] }), "type": ["object", "boolean"],
            "properties": [
                "definitions": ["type": "object", "additionalProperties": ["$dynamicRef": "#meta"]],
                "dependencies": [
                    "type": "object",
                    "additionalProperties": ["anyOf": [["$dynamicRef": "#meta"], Shape.strings.value(true)]],
                ],
            ],
        ]
    }
}
