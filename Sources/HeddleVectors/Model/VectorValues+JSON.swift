import HeddleModel
package import JSON

extension CollectionInfo {
    /// The facts of a collection as they are shown.
    ///
    /// - Parameter name: What the collection is called.
    /// - Returns: An object.
    package func json(name: String) -> JSONValue {
        let measured = recalls.sorted { $0.key < $1.key }
            .map { JSONObject.Member(name: String($0.key), value: .number("\($0.value)")) }
        return [
            "name": .string(name), "settings": settings.json, "points": .integer(points), "deleted": .integer(deleted),
            "linked": .integer(linked), "memory_bytes": .integer(memoryBytes), "field_bytes": .integer(fieldBytes),
            "disk_bytes": .integer(diskBytes), "segments": .integer(segments),
            "damages": .array(damages.map(JSONValue.string)), "recalls": .object(JSONObject(members: measured)),
            "is_busy": .bool(isBusy),
        ]
    }
}

extension VectorMatch {
    /// Appends the point as it is answered; payloads are spliced in as they were stored.
    ///
    /// - Parameters:
    ///   - writer: What it is appended to.
    ///   - withScore: Whether it was found by nearness.
    package func write(to writer: inout JSONWriter, withScore: Bool) {
        writer.beginObject()
        writer.name("id")
        writer.string(id)
        if withScore {
            writer.name("score")
            writer.double(Double(score))
        }
        if !payload.isEmpty {
            writer.name("payload")
            writer.raw(payload[...])
        }
        if !vector.isEmpty {
            writer.name("vector")
            writer.beginArray()
            for number in vector {
                // The shortest text that reads back as the same float.
                writer.raw(Array("\(number)".utf8)[...])
            }
            writer.endArray()
        }
        writer.endObject()
    }

    /// A list of points as JSON.
    ///
    /// - Parameters:
    ///   - matches: The points.
    ///   - withScore: Whether they were found by nearness.
    ///   - writer: What they are appended to, as an array.
    package static func write(_ matches: [VectorMatch], withScore: Bool, to writer: inout JSONWriter) {
        writer.beginArray()
        for match in matches { match.write(to: &writer, withScore: withScore) }
        writer.endArray()
    }
}
