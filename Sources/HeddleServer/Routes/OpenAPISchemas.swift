import HeddleModel
import JSON

/// The bodies of requests and answers as JSON Schema.
enum OpenAPISchemas {
    private static let text: JSONValue = ["type": "string"]
    private static let number: JSONValue = ["type": "integer"]
    private static let flag: JSONValue = ["type": "boolean"]
    private static let texts: JSONValue = ["type": "array", "items": ["type": "string"]]
    private static let textMap: JSONValue = ["type": "object", "additionalProperties": ["type": "string"]]

    private static func object(_ properties: JSONValue, required: [String] = [], isClosed: Bool = false) -> JSONValue {
        var result = JSONObject(members: [
            .init(name: "type", value: "object"), .init(name: "properties", value: properties),
        ])
        if !required.isEmpty { result["required"] = .array(required.map(JSONValue.string)) }
        if isClosed { result["additionalProperties"] = false }
        return .object(result)
    }

    private static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

    private static func list(_ name: String) -> JSONValue {
        object(
            [
                "items": ["type": "array", "items": reference(name)],
                "next_cursor": ["type": ["string", "null"]], "has_more": flag, "total": number,
            ],
            required: ["items", "next_cursor", "has_more"]
        )
    }

    static let all: JSONValue = [
        "Anything": [:],
        "Health": object(["status": text], required: ["status"]),
        "Error": object(
            [
                "error": object(
                    [
                        "code": [
                            "type": "string",
                            "enum": .array(HeddleError.Code.allCases.map { .string($0.rawValue) }),
                        ],
                        "message": text, "details": ["type": "object"], "request_id": text,
                    ],
                    required: ["code", "message", "details", "request_id"]
                )
            ],
            required: ["error"]
        ),
        "Grants": object(
            [
                "level": ["type": "string", "enum": ["none", "process"]], "read": texts, "write": texts,
                "network": ["type": ["boolean", "array"], "items": text], "environment": textMap, "secrets": textMap,
                "working_directory": ["type": ["string", "null"]],
            ],
            isClosed: true
        ),
        "Resources": object(
            [
                "memory_mb": number, "processes": number, "open_files": number, "file_mb": number,
                "temporary_mb": number, "cpu_percent": ["type": ["integer", "null"]],
            ],
            isClosed: true
        ),
        "Loading": object(["idle_seconds": number, "start_seconds": number], isClosed: true),
        "Source": [
            "oneOf": [
                object(
                    ["kind": ["const": "command"], "command": texts, "directory": ["type": ["string", "null"]]],
                    required: ["kind", "command"],
                    isClosed: true
                ),
                object(
                    [
                        "kind": ["const": "pypi"], "requirement": text, "with": texts,
                        "module": ["type": ["string", "null"]], "arguments": texts, "allow_build": flag,
                    ],
                    required: ["kind", "requirement"],
                    isClosed: true
                ),
                object(["kind": ["const": "directory"], "path": text], required: ["kind", "path"], isClosed: true),
            ]
        ],
        "Registration": object(
            [
                "name": text, "version": text, "description": text, "source": reference("Source"),
                "grants": reference("Grants"), "resources": reference("Resources"), "loading": reference("Loading"),
                "activate": flag,
            ],
            required: ["source"],
            isClosed: true
        ),
        "Preview": object(
            [
                "name": text, "command": texts, "reads": texts, "grants": reference("Grants"), "installs": texts,
                "arguments": texts, "warnings": texts,
            ]
        ),
        "Extension": object(
            [
                "name": text, "version": text,
                "state": [
                    "type": "string", "enum": .array(ExtensionState.allCases.map { .string($0.rawValue) }),
                ],
                "held": flag, "description": ["type": ["string", "null"]], "source": reference("Source"),
                "command": texts, "grants": reference("Grants"), "resources": reference("Resources"),
                "loading": reference("Loading"), "capability_count": number, "instances": ["type": "array"],
                "error": ["type": ["string", "null"]], "created_at": text, "updated_at": text, "revision": number,
            ],
            required: ["name", "version", "state", "held", "revision"]
        ),
        "ExtensionList": list("Extension"),
        "Logs": object(["lines": ["type": "array", "items": ["type": "object"]]], required: ["lines"]),
        "Permissions": object(
            ["grants": reference("Grants"), "reads": texts, "command": texts, "accepted_at": text]
        ),
        "Capability": object(
            [
                "extension": text, "name": text, "mcp_name": text, "title": text, "description": text,
                "input_schema": ["type": "object"], "output_schema": ["type": "object"],
                "annotations": ["type": "object"],
            ],
            required: ["extension", "name", "mcp_name", "input_schema"]
        ),
        "CapabilityList": list("Capability"),
        "Invocation": object(
            [
                "parameters": ["type": ["object", "null"]],
                "context": object(
                    ["context_id": text, "user_id": text, "session_id": text, "request_id": text],
                    isClosed: true
                ),
                "options": object(["timeout_ms": number], isClosed: true),
            ],
            isClosed: true
        ),
        "Execution": object(
            [
                "execution_id": text,
                "execution_status": ["type": "string", "enum": ["completed", "failed", "pending"]],
                "execution_time_ms": ["type": "number"], "result": ["type": "object"], "error": ["type": "object"],
            ],
            required: ["execution_id", "execution_status", "execution_time_ms"]
        ),
        "Status": object(
            [
                "version": text, "pid": number, "uptime_ms": number, "data_directory": text, "address": text,
                "extensions": ["type": "object"], "instances": number, "calls": ["type": "object"],
            ]
        ),
        "Configuration": object(["items": ["type": "array", "items": ["type": "object"]]], required: ["items"]),
        "JSONRPC": ["type": "object"],
    ]
}
