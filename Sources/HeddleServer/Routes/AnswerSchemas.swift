import HeddleModel
import JSON

/// What the routes answer, as JSON Schema; members may be added to an answer, so these are open.
extension OwnSchema {
    static let text: JSONValue = ["type": "string"]
    static let textOrNull: JSONValue = ["type": ["string", "null"]]
    static let texts: JSONValue = ["type": "array", "items": ["type": "string"]]
    static let object: JSONValue = ["type": "object"]
    static let time: JSONValue = ["type": "string", "format": "date-time"]
    static let real: JSONValue = ["type": "number", "minimum": 0]
    static let count: JSONValue = ["type": "integer", "minimum": 0]

    static func answer(
        _ name: String,
        _ properties: JSONValue,
        optional: JSONValue = [:],
        uses: [OwnSchema] = []
    ) -> OwnSchema {
        OwnSchema(name, shape(properties, optional: optional), uses: uses)
    }

    /// An object that has all of some properties and perhaps others.
    static func shape(_ properties: JSONValue, optional: JSONValue = [:]) -> JSONValue {
        let (always, sometimes) = (properties.object?.members ?? [], optional.object?.members ?? [])
        return [
            "type": "object", "properties": .object(JSONObject(members: always + sometimes)),
            "required": .array(always.map { .string($0.name) }),
        ]
    }

    static func list(_ element: OwnSchema) -> OwnSchema {
        answer(
            element.name + "List",
            [
                "items": ["type": "array", "items": element.reference], "next_cursor": textOrNull,
                "has_more": Shape.flag,
            ],
            optional: ["total": count],
            uses: [element]
        )
    }

    // MARK: The server

    static let anything = OwnSchema("Anything", [:])
    static let health = answer("Health", ["status": Shape.choice(["ok", "ready", "stopping"])])
    static let status = answer(
        "Status",
        [
            "version": text, "pid": count, "uptime_ms": count, "data_directory": text, "address": text,
            "database": shape(["engine": text, "place": text]),
            "extensions": shape(["active": count, "total": count]), "instances": count,
            "calls": shape(["total": count, "failed": count, "in_flight": count]),
        ]
    )
    static let configuration = answer(
        "EffectiveConfiguration",
        [
            "file": textOrNull,
            "items": [
                "type": "array",
                "items": shape(
                    [
                        "key": text, "value": text, "source": Shape.choice(ServerConfiguration.Source.self),
                        "origin": textOrNull, "reloadable": Shape.flag,
                    ],
                    optional: ["pending": text]
                ),
            ],
        ]
    )
    static let reloadedConfiguration = answer(
        "ReloadedConfiguration",
        [
            "file": textOrNull,
            "changes": [
                "type": "array",
                "items": shape([
                    "key": text, "old": text, "new": text, "result": Shape.choice(["applied", "needs_restart"]),
                ]),
            ],
        ]
    )
    /// JSON-RPC 2.0, whose messages the Model Context Protocol describes.
    static let jsonRPC = OwnSchema("JSONRPC", shape(["jsonrpc": ["const": "2.0"]], optional: ["id": [:]]))
    static let failure = answer(
        "Error",
        [
            "error": shape([
                "code": Shape.choice(HeddleError.Code.self), "message": text,
                "details": Shape.adding(
                    ["additionalProperties": text],
                    to: shape(
                        [:],
                        optional: [
                            "violations": [
                                "type": "array", "items": shape(["path": text, "keyword": text, "message": text]),
                            ]
                        ]
                    )
                ),
                "request_id": text,
            ])
        ]
    )

    // MARK: Extensions

    static let preview = answer(
        "Preview",
        [
            "sha256": textOrNull, "signature": text, "name": text, "command": texts, "reads": texts,
            "grants": Grants.schema.reference,
            "installs": texts, "arguments": texts, "hooks": ["type": "object", "additionalProperties": texts],
            "warnings": texts,
        ],
        uses: [Grants.schema]
    )
    static let registered: OwnSchema = {
        let parts = [
            ExtensionSource.schema, Grants.schema, ResourceLimits.schema, Manifest.Loading.schema,
            ExtensionDependency.schema,
        ]
        let instance = shape(
            [
                "id": text, "state": text, "pid": count, "started_at": time, "calls": count, "in_flight": count,
                "ejected": Shape.flag, "protocol": text,
            ],
            optional: ["memory_bytes": count, "processor_ms": count]
        )
        let pending = shape([
            "generation": count, "version": text, "new_permissions": texts, "tried": Shape.flag,
            "changes": toolChanges,
        ])
        return answer(
            "Extension",
            [
                "name": text, "version": text, "generation": count, "pending": Shape.orNull(pending),
                "state": Shape.choice(ExtensionState.self), "held": Shape.flag,
                "description": textOrNull, "source": ExtensionSource.schema.reference, "command": texts,
                "grants": Grants.schema.reference, "configuration": ["type": ["object", "null"]],
                "resources": ResourceLimits.schema.reference,
                "loading": Manifest.Loading.schema.reference, "capability_count": count,
                "instances": ["type": "array", "items": instance], "error": textOrNull, "created_at": time,
                "updated_at": time, "revision": count, "type": Shape.choice(ExtensionKind.self),
                "capabilities": texts, "dependencies": ExtensionDependency.schema.reference,
                "stages": ["type": "array", "items": shape(["name": text, "ms": ["type": "number", "minimum": 0]])],
            ],
            optional: [
                "held_changes": toolChanges
            ],
            uses: parts
        )
    }()
    static let extensionList = list(registered)
    private static let toolChanges: JSONValue = [
        "type": "array",
        "items": shape([
            "name": text, "accepted": Shape.orNull(["type": "object"]), "offered": Shape.orNull(["type": "object"]),
        ]),
    ]
    static let lookup = answer(
        "Lookup",
        ["items": ["type": "array", "items": ["anyOf": [registered.reference, ["type": "null"]]]]],
        uses: [registered]
    )
    static let discovery = answer(
        "Discovery",
        [
            "items": [
                "type": "array",
                "items": shape([
                    "path": text, "name": textOrNull, "version": textOrNull, "type": textOrNull,
                    "description": textOrNull, "registered_version": textOrNull, "error": textOrNull,
                ]),
            ],
            "is_cut": Shape.flag,
        ]
    )
    static let indexReport = answer(
        "IndexReport",
        ["extensions": count, "capabilities": count, "differences": texts, "repaired": count]
    )
    static let versions: OwnSchema = {
        let version = shape([
            "generation": count, "version": text, "standing": Shape.choice(["current", "pending", "replaced"]),
            "state": Shape.choice(ExtensionState.self), "source": ExtensionSource.schema.reference,
            "capability_count": count, "created_at": time,
        ])
        return answer("Versions", ["items": ["type": "array", "items": version]], uses: [ExtensionSource.schema])
    }()
    static let difference: OwnSchema = {
        let version = shape(["generation": count, "version": text])
        return answer(
            "Difference",
            [
                "from": version, "to": version,
                "manifest": ["type": "array", "items": shape(["path": text, "from": [:], "to": [:]])],
                "permissions": shape(["added": texts, "removed": texts]), "tools": toolChanges,
            ]
        )
    }()
    static let logs = answer(
        "Logs",
        [
            "lines": [
                "type": "array", "items": shape(["time": time, "stream": text, "instance": text, "text": text]),
            ]
        ]
    )
    static let permissions = answer(
        "Permissions",
        ["grants": Grants.schema.reference, "reads": texts, "command": texts, "accepted_at": time],
        uses: [Grants.schema]
    )

    // MARK: Capabilities

    static let capability = answer(
        "Capability",
        ["extension": text, "name": text, "mcp_name": text, "input_schema": object],
        optional: ["title": text, "description": text, "output_schema": object, "annotations": object]
    )
    static let capabilityList = list(capability)
    private static let totals: JSONValue = shape([
        "calls": count, "failed": count, "failures": object, "cache": object,
        "latency_ms": shape(["mean": real, "p50": real, "p95": real, "p99": real, "max": real]),
    ])

    static let statisticsList = list(
        answer(
            "CapabilityStatistics",
            [
                "extension": text, "capability": text, "in_flight": count, "waiting": count, "retries": count,
                "hedges": count, "breaker_opened": count, "total": totals, "last_hour": totals, "last_24_hours": totals,
                "wait_ms": object, "slots": shape(["in_use": count, "waiting": count, "limit": count]),
            ]
        )
    )

    static let breakerList = list(
        answer(
            "CircuitBreaker",
            [
                "extension": text, "capability": text, "state": Shape.choice(["closed", "open", "half_open"]),
                "retry_after_ms": count, "calls": count, "failures": count, "slow_calls": count,
                "consecutive_failures": count, "probes_under_way": count, "refused": count, "opened": count,
            ]
        )
    )

    static let breakerChangeList: OwnSchema = {
        let state = Shape.choice(["closed", "open", "half_open"])
        return list(
            answer(
                "CircuitBreakerChange",
                [
                    "number": count, "at": time, "extension": text, "capability": text, "from": state, "to": state,
                    "reason": text,
                ]
            )
        )
    }()

    static let breakerReset = answer("BreakerReset", ["reset": texts])

    private static let cacheCounts: JSONValue = [
        "entries": count, "bytes": count, "hits": count, "stale_hits": count, "misses": count, "inserts": count,
        "refused": count, "evictions": count, "expirations": count, "removals": count,
    ]
    static let cacheStatistics = OwnSchema(
        "CacheStatistics",
        shape(cacheCounts, optional: ["contexts": shape(cacheCounts)])
    )

    /// What an answer to a call may say besides how it ended.
    private static let callMembers: [JSONObject.Member] = [
        .init(
            name: "trace",
            value: shape([
                "trace_id": text, "span_id": text, "attempts": count,
                "steps": ["type": "array", "items": shape(["name": text, "us": count])],
            ])
        ),
        .init(name: "result", value: object),
        .init(
            name: "error",
            value: shape(["code": text, "message": text, "details": object], optional: ["request_id": text])
        ),
    ]

    private static let cacheUse: JSONValue = shape(
        ["hit": Shape.flag],
        optional: ["stale": Shape.flag, "ttl_ms": count]
    )
    private static let ending: JSONValue = Shape.choice(["completed", "failed", "pending"])

    static let execution = answer(
        "Execution",
        [
            "execution_id": text, "capability_id": text, "method": text, "execution_status": ending,
            "execution_time_ms": real, "cache": cacheUse,
        ],
        optional: .object(JSONObject(members: callMembers))
    )

    static let batch = answer(
        "BatchExecution",
        [
            "results": [
                "type": "array",
                "items": shape(
                    ["index": count, "execution_status": ending],
                    optional: .object(
                        JSONObject(
                            members: callMembers + [
                                .init(name: "execution_id", value: text), .init(name: "capability_id", value: text),
                                .init(name: "method", value: text), .init(name: "execution_time_ms", value: real),
                                .init(name: "cache", value: cacheUse),
                            ]
                        )
                    )
                ),
            ], "total_items": count, "succeeded": count, "failed": count, "batch_count": count,
        ]
    )
}
