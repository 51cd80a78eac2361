package import HeddleModel
import JSON

/// A vector with its name and what is known about it.
package struct VectorPoint: Sendable, Hashable {
    /// The most bytes of an id.
    package static let maximumIDBytes = 256
    /// The most bytes of a payload.
    package static let maximumPayloadBytes = 64 << 10

    package let id: String
    package let vector: [Float]
    /// A JSON object, or nothing.
    package let payload: [UInt8]

    package init(id: String, vector: [Float], payload: [UInt8] = []) {
        self.id = id
        self.vector = vector
        self.payload = payload
    }

    /// Holds a point against the settings of the collection that it is meant for.
    ///
    /// - Parameter settings: The collection's.
    /// - Throws: ``HeddleError`` with `.invalidRequest`, which names the point and what is wrong with it.
    package func validate(for settings: VectorSettings) throws(HeddleError) {
        try Self.validate(id: id)
        do throws(HeddleError) {
            try Self.validate(vector: vector, for: settings)
        } catch {
            throw HeddleError(error.code, error.message, details: error.details.merging(["id": id]) { old, _ in old })
        }
        guard payload.count <= Self.maximumPayloadBytes else {
            throw HeddleError(
                .invalidRequest,
                "a payload has at most \(Self.maximumPayloadBytes) bytes",
                details: ["id": id, "field": "payload", "limit": String(Self.maximumPayloadBytes)]
            )
        }
        guard payload.isEmpty || Self.isObject(payload) else {
            throw HeddleError(.invalidRequest, "a payload is a JSON object", details: ["id": id, "field": "payload"])
        }
    }

    static func validate(id: String) throws(HeddleError) {
        guard (1...maximumIDBytes).contains(id.utf8.count) else {
            throw HeddleError(
                .invalidRequest,
                "an id has 1 to \(maximumIDBytes) bytes",
                details: ["field": "id", "limit": String(maximumIDBytes)]
            )
        }
    }

    static func validate(vector: [Float], for settings: VectorSettings) throws(HeddleError) {
        guard vector.count == settings.dimension else {
            throw HeddleError(
                .invalidRequest,
                "the vector has \(vector.count) dimensions and the collection \(settings.dimension)",
                details: ["field": "vector", "dimension": String(settings.dimension)]
            )
        }
        // One pass without branches: a sum with anything that is not a number is none either.
        var sum: Float = 0
        var largest: Float = 0
        for number in vector {
            sum += number * 0
            largest = max(largest, abs(number))
        }
        guard sum == 0, largest < 1e18, settings.precision == .float32 || largest <= 65_504 else {
            throw HeddleError(
                .invalidRequest,
                "the vector has a number that is not finite or too large",
                details: ["field": "vector"]
            )
        }
        guard settings.metric != .cosine || largest > 1e-18 else {
            throw HeddleError(
                .invalidRequest,
                "a vector of zeros has no direction, which the cosine needs",
                details: ["field": "vector"]
            )
        }
    }

    private static func isObject(_ bytes: [UInt8]) -> Bool {
        guard let document = try? JSONDocument(bytes) else { return false }
        return document.root.kind == .object
    }
}
