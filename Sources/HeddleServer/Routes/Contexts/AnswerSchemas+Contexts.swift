import HeddleCoordination
import HeddleModel
import JSON

/// What the routes of contexts answer.
extension OwnSchema {
    private static let version: JSONValue = ["type": "integer", "minimum": 1]
    private static let timeOrNull: JSONValue = ["type": ["string", "null"], "format": "date-time"]

    private static let contextMembers: JSONValue = [
        "context_id": text, "name": text, "type": Shape.choice(ContextType.self), "configuration": object,
        "owner": object, "metadata": object, "access_control": object, "status": Shape.choice(ContextStatus.self),
        "version": version, "participant_count": count, "session_count": count, "created_at": time, "updated_at": time,
        "last_activity_at": time, "expires_at": timeOrNull,
    ]
    static let context = answer(
        "Context",
        contextMembers,
        optional: [
            "description": text, "access_info": shape(["context_url": text, "join_token": text]),
            "participants": object, "sessions": object,
        ]
    )
    private static let mplpContext = answer(
        "MPLPContext",
        [
            "meta": object, "context_id": text, "root": object, "title": text, "status": text, "tags": texts,
            "constraints": object, "created_at": time, "updated_at": time,
        ],
        optional: ["summary": text]
    )
    static let contextInAnyForm = OwnSchema(
        "ContextInAnyForm",
        ["anyOf": [context.reference, mplpContext.reference]],
        uses: [context, mplpContext]
    )
    static let contextList = list(context)
    static let contextBatch = answer(
        "ContextBatch",
        ["items": ["type": "array", "items": context.reference]],
        uses: [context]
    )
    static let contextLookup = answer(
        "ContextLookup",
        ["items": ["type": "array", "items": ["anyOf": [context.reference, ["type": "null"]]]]],
        uses: [context]
    )
    static let contextStatistics = answer(
        "ContextStatistics",
        .object(
            JSONObject(
                members: (["total_contexts", "participants", "max_participants"]
                    + ContextStatus.allCases.map { "\($0.rawValue)_contexts" })
                    .map { .init(name: $0, value: count) } + [.init(name: "avg_participants", value: real)]
            )
        )
    )
    static let contextEventList = list(
        answer(
            "ContextEvent",
            [
                "sequence": version, "type": Shape.choice(ContextEvent.Kind.self), "occurred_at": time,
                "principal": text, "data": object,
            ]
        )
    )
    static let contextHealth = answer(
        "ContextHealth",
        [
            "overall": Shape.choice(ContextHealth.Level.self), "components": object, "capacity": object,
            "issues": texts,
        ]
    )
    static let participant = answer(
        "Participant",
        [
            "participant_id": text, "agent_id": text, "context_id": text,
            "participant_type": Shape.choice(ParticipantType.self), "roles": texts, "capabilities": texts,
            "permissions": texts, "status": Shape.choice(ParticipantStatus.self), "version": version,
            "joined_at": time, "last_activity_at": time,
        ],
        optional: [
            "display_name": text, "configuration": object, "activity": object, "metadata": object, "left_at": time,
        ]
    )
    static let participantList = list(participant)
    static let participantBatch = answer(
        "ParticipantBatch",
        ["items": ["type": "array", "items": participant.reference]],
        uses: [participant]
    )
    static let session = answer(
        "Session",
        [
            "session_id": text, "context_id": text, "name": text, "type": text, "configuration": object,
            "participants": texts, "active_participants": texts, "status": Shape.choice(SessionStatus.self),
            "version": version, "created_at": time, "started_at": timeOrNull, "completed_at": timeOrNull,
            "last_activity_at": time,
        ],
        optional: ["metrics": object]
    )
    static let sessionList = list(session)
    static let metadataItem = answer(
        "MetadataItem",
        [
            "key": text, "value": [:], "type": text, "description": textOrNull,
            "access_level": Shape.choice(AccessLevel.self), "version": version, "updated_at": time, "updated_by": text,
        ]
    )
    static let metadataList = list(metadataItem)
    static let metadataHistory = list(
        answer(
            "MetadataVersion",
            ["version": version, "is_deleted": Shape.flag, "changed_at": time, "changed_by": text],
            optional: ["value": [:]]
        )
    )
    private static let stateHead: JSONValue = [
        "version": count, "checksum": text, "updated_at": timeOrNull, "updated_by": textOrNull,
    ]
    static let sharedState = OwnSchema(
        "SharedState",
        shape(
            [
                "context_id": text, "version": count, "checksum": text, "updated_at": timeOrNull,
                "updated_by": textOrNull,
            ],
            optional: ["document": [:], "path": text, "value": [:]]
        )
    )
    static let stateChanges = answer(
        "StateChanges",
        [
            "context_id": text, "base_version": count, "target_version": count, "current_version": count,
            "changes": [
                "type": "array",
                "items": shape([
                    "version": version, "checksum": text, "changed_at": time, "changed_by": text,
                    "operations": ["type": "array"],
                ]),
            ],
        ],
        optional: ["snapshot": shape(stateHead, optional: ["document": [:]])]
    )
    static let snapshot = answer(
        "Snapshot",
        [
            "snapshot_id": text, "version": count, "name": textOrNull, "checksum": text, "created_at": time,
            "created_by": text, "size_bytes": count,
        ],
        optional: ["document": [:]]
    )
    static let snapshotList = list(snapshot)
    static let importReport = answer(
        "ImportReport",
        [
            "lines": count, "created": count, "skipped": count, "failed": count,
            "errors": ["type": "array", "items": shape(["line": version, "code": text, "message": text])],
            "is_cut": Shape.flag,
        ]
    )
}
