package import HeddleModel
package import JSON

/// A collection of vectors as the server lists it.
package struct VectorCollectionName: ServerResource {
    package let json: JSONValue
    package let name: String

    /// Reads one element of a list.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no name.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        name = try json.text("name")
    }
}

/// A collection of vectors as the server shows it.
package struct VectorCollectionResource: ServerResource {
    package let json: JSONValue
    package let name: String
    package let dimension: Int
    package let metric: String
    package let quantization: String
    package let points: Int
    package let deleted: Int
    package let linked: Int
    package let memoryBytes: Int
    package let diskBytes: Int
    package let damages: [String]

    /// Reads an answer about one collection.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no name.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        name = try json.text("name")
        let settings = json["settings"]
        dimension = settings?["dimension"]?.integer ?? 0
        metric = settings?["metric"]?.string ?? ""
        quantization = settings?["quantization"]?.string ?? ""
        points = json["points"]?.integer ?? 0
        deleted = json["deleted"]?.integer ?? 0
        linked = json["linked"]?.integer ?? 0
        memoryBytes = json["memory_bytes"]?.integer ?? 0
        diskBytes = json["disk_bytes"]?.integer ?? 0
        damages = json["damages"]?.array?.compactMap(\.string) ?? []
    }
}

/// A point of a collection as a search or a list shows it.
package struct VectorPointResource: ServerResource {
    package let json: JSONValue
    package let id: String
    /// Nil where it was not found by nearness.
    package let score: Double?

    /// Reads one element of an answer.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it has no id.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        id = try json.text("id")
        score = json["score"]?.double
    }
}
