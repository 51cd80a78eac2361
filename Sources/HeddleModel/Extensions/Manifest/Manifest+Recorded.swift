import JSON

extension Manifest {
    /// The sections that are checked and kept, and acted on by the parts of Heddle that they are about.
    static let recordedShapes: KeyValuePairs<String, JSONValue> = [
        "manifest_version": Shape.choice(["1.0"]),
        "isolation": Shape.choice(["shared", "tenant", "session"]),
        "stateless": Shape.flag,
        "sandbox": Shape.object(optional: ["level": Shape.choice(["process", "container", "vm"])]),
        "scaling": scaling,
        "cache": Shape.object(optional: [
            "enabled": Shape.flag,
            "ttl_ms": Shape.integer(0...86_400_000 * 30),
            "capabilities": Shape.list(Shape.adding(["maxLength": 128], to: Shape.text), most: 256),
        ]),
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

    private static let scaling: JSONValue = {
        let rule = Shape.object(
            required: [
                "trigger": Shape.choice([
                    "cpu_usage", "memory_usage", "request_rate", "response_time", "queue_length", "custom_metric",
                ])
            ],
            optional: [
                "metric": Shape.text,
                "threshold_up": ["type": "number", "exclusiveMinimum": 0],
                "threshold_down": ["type": "number", "minimum": 0],
                "cooldown_seconds": Shape.integer(0...86_400, default: 300),
                "scale_up_step": Shape.integer(1...100, default: 1),
                "scale_down_step": Shape.integer(1...100, default: 1),
            ]
        )
        return Shape.object(optional: [
            "strategy": Shape.choice(["none", "horizontal", "vertical", "auto"]),
            "min_instances": Shape.integer(0...1000, default: 1),
            "max_instances": Shape.integer(1...1000, default: 5),
            "rules": Shape.list(rule, most: 32),
        ])
    }()

    /// The recorded sections of a manifest, as they were written.
    static func recorded(_ fields: JSONFields) -> JSONObject {
        var result = JSONObject()
        for (name, _) in recordedShapes {
            guard let view = fields.view(name), !view.isNull else { continue }
            result[name] = JSONValue(view)
        }
        return result
    }
}
