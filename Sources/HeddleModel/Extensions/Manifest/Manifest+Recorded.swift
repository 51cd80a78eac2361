import JSON

extension Manifest {
    /// The sections that are checked and kept, and acted on by the parts of Heddle that they are about.
    static let recordedShapes: KeyValuePairs<String, JSONValue> = [
        "manifest_version": Shape.choice(["1.0"]),
        "sandbox": Shape.object(optional: ["level": Shape.choice(["process", "container", "vm"])]),
        "thresholds": Shape.object(optional: [
            "response_time_ms": Shape.integer(1...86_400_000),
            "error_rate_percent": Shape.integer(0...100),
            "memory_mb": Shape.integer(1...1 << 20),
            "cpu_percent": Shape.integer(1...100_000),
            "queue_length": Shape.integer(1...1_000_000),
        ]),
        "integrations": Shape.list(
            Shape.object(
                required: ["target_module": Shape.text],
                optional: [
                    "integration_type": Shape.text, "integration_config": ["type": "object"],
                    "event_subscriptions": Shape.texts,
                ]
            ),
            most: 64
        ),
        "publisher": Shape.object(
            required: ["name": Shape.adding(["maxLength": 256], to: Shape.text)],
            optional: ["homepage": Shape.text, "key_id": Shape.text]
        ),
        "author": Shape.text,
        "license": Shape.text,
        "homepage": Shape.text,
        "keywords": Shape.texts,
    ]

    /// The recorded sections of a manifest, as they were written.
    static func recorded(_ fields: JSONFields) -> JSONObject {
        var result = JSONObject()
        for (name, _) in recordedShapes.map({ $0 }) + servingShapes.map({ $0 }) {
            guard let view = fields.view(name), !view.isNull else { continue }
            result[name] = JSONValue(view)
        }
        return result
    }
}
