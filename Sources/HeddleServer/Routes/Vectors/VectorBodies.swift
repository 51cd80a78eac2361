import HeddleModel
import HeddleVectors
import JSON

/// What the routes of vectors take, as schemas, and how it is read.
enum VectorBodies {
    private static let vector: JSONValue = [
        "type": "array", "items": ["type": "number"], "minItems": 1,
        "maxItems": .integer(VectorSettings.maximumDimension),
    ]
    private static let name = Shape.matching(
        "^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
        "1 to 64 letters, digits, _, - or ., beginning with a letter or digit"
    )
    private static let id = Shape.adding(["minLength": 1, "maxLength": 256], to: Shape.text)
    private static let filter: JSONValue = [
        "type": "object",
        "description": """
        {"all": […]}, {"any": […]}, {"not": …}, {"ids": […]}, or {"field": …} with one of equals, one_of, from and to, \
        prefix, exists.
        """,
    ]
    private static let searchMembers = Shape.object(
        required: ["vector": vector],
        optional: [
            "limit": Shape.integer(1...VectorQuery.maximumLimit, default: 10),
            "offset": Shape.integer(0...VectorQuery.maximumLimit, default: 0),
            "ef": Shape.integer(1...VectorQuery.maximumLimit),
            "recall": ["type": "number", "minimum": .number("0.5"), "maximum": .number("0.999")], "exact": Shape.flag,
            "filter": filter,
            "score_threshold": ["type": "number"], "with_payload": Shape.flag, "with_vector": Shape.flag,
        ]
    )

    static let create = OwnSchema(
        "VectorCollectionBody",
        Shape.object(
            required: ["name": name, "dimension": Shape.integer(1...VectorSettings.maximumDimension)],
            optional: [
                "metric": Shape.choice(VectorMetric.self), "m": Shape.integer(2...128),
                "ef_construction": Shape.integer(4...4_096), "quantization": Shape.choice(VectorQuantization.self),
                "precision": Shape.choice(VectorPrecision.self), "calibration": Shape.choice(VectorCalibration.self),
                "exact_below": Shape.integer(0...1_000_000), "fields": Shape.map(Shape.choice(FieldKind.self)),
            ]
        )
    )
    static let upsert = OwnSchema(
        "VectorUpsertBody",
        Shape.object(required: [
            "points": Shape.list(
                Shape.object(required: ["id": id, "vector": vector], optional: ["payload": ["type": "object"]]),
                most: VectorCollection.maximumBatch
            )
        ])
    )
    static let ids = OwnSchema(
        "VectorIDsBody",
        Shape.object(
            required: ["ids": Shape.list(id, most: VectorCollection.maximumBatch)],
            optional: ["with_vector": Shape.flag]
        )
    )
    static let search = OwnSchema("VectorSearchBody", searchMembers)
    static let searches = OwnSchema(
        "VectorSearchBatchBody",
        Shape.object(required: ["searches": Shape.list(search.reference, least: 1, most: 1_000)]),
        uses: [search]
    )
    static let snapshot = OwnSchema("VectorSnapshotBody", Shape.object(required: ["name": name]))

    /// A number of a vector; what is too large for a float becomes infinite, which no collection takes.
    static func numbers(_ view: JSONView?) -> [Float] {
        guard let view else { return [] }
        var numbers: [Float] = []
        numbers.reserveCapacity(view.count)
        for element in view.elements { numbers.append(Float(element.double ?? .nan)) }
        return numbers
    }

    static func points(_ fields: JSONFields) throws(HeddleError) -> [VectorPoint] {
        var points: [VectorPoint] = []
        guard let elements = fields.view("points")?.elements else { return [] }
        for element in elements {
            let payload = element.member("payload")
            points.append(
                VectorPoint(
                    id: element.member("id")?.string ?? "",
                    vector: numbers(element.member("vector")),
                    payload: payload.map(\.compactBytes) ?? []
                )
            )
        }
        return points
    }

    static func query(_ view: JSONView) throws(HeddleError) -> VectorQuery {
        var query = VectorQuery(numbers(view.member("vector")))
        query.limit = view.member("limit")?.integer ?? query.limit
        query.offset = view.member("offset")?.integer ?? query.offset
        query.ef = view.member("ef")?.integer
        query.recall = view.member("recall")?.double
        query.exact = view.member("exact")?.bool ?? false
        query.scoreThreshold = view.member("score_threshold")?.double.map { Float($0) }
        query.withPayload = view.member("with_payload")?.bool ?? true
        query.withVector = view.member("with_vector")?.bool ?? false
        if let filter = view.member("filter") { query.filter = try VectorFilter(json: JSONValue(filter)) }
        return query
    }
}

extension OwnSchema {
    static let vectorCollection = answer(
        "VectorCollection",
        [
            "name": text, "settings": object, "points": count, "deleted": count, "linked": count, "memory_bytes": count,
            "field_bytes": count, "disk_bytes": count, "segments": count, "damages": texts, "recalls": object,
            "is_busy": Shape.flag,
        ]
    )
    static let vectorCollections = list(answer("VectorCollectionName", ["name": text]))
    static let vectorWrite = answer("VectorWrite", ["stored": count, "deleted": count])
    private static let vectorPoint = shape(
        ["id": text],
        optional: [
            "score": ["type": "number"], "payload": object, "vector": ["type": "array", "items": ["type": "number"]],
        ]
    )
    static let vectorPoints = answer("VectorPoints", ["items": ["type": "array", "items": vectorPoint]])
    static let vectorPage = answer(
        "VectorPage",
        ["items": ["type": "array", "items": vectorPoint], "next_cursor": textOrNull, "has_more": Shape.flag]
    )
    static let vectorResults = answer(
        "VectorResults",
        ["results": ["type": "array", "items": vectorPoints.reference]],
        uses: [vectorPoints]
    )
    static let vectorSnapshot = answer("VectorSnapshot", ["collection": text, "name": text])
}
