package import HeddleModel
package import JSON
import NIOHTTP1

/// Collections of vectors.
extension HeddleClient {
    private static func vectors(_ name: String, _ parts: String...) -> String {
        (["/api/v1/vectors", PercentEncoding.encode(name)] + parts).joined(separator: "/")
    }

    /// The collections, in the order of their names.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    package func vectorCollections() async throws(HeddleError) -> Page<VectorCollectionName> {
        try await pages("/api/v1/vectors", [], limit: 10_000, cursor: nil)
    }

    /// Makes a collection.
    ///
    /// - Parameter body: Its name, its dimension and what else it is made with.
    /// - Returns: The collection.
    /// - Throws: ``HeddleError`` with `invalidRequest`, `collectionExists`.
    package func createVectors(_ body: JSONValue) async throws(HeddleError) -> VectorCollectionResource {
        try VectorCollectionResource(await value(.POST, "/api/v1/vectors", body: body))
    }

    /// A collection by its name.
    ///
    /// - Throws: ``HeddleError`` with `collectionNotFound`.
    package func showVectors(_ name: String) async throws(HeddleError) -> VectorCollectionResource {
        try VectorCollectionResource(await value(.GET, Self.vectors(name)))
    }

    /// Removes a collection with all its points.
    ///
    /// - Throws: ``HeddleError`` with `collectionNotFound`.
    package func dropVectors(_ name: String) async throws(HeddleError) {
        _ = try await send(.DELETE, Self.vectors(name))
    }

    /// Takes out what was deleted and orders what is left, however long that takes.
    ///
    /// - Throws: ``HeddleError`` with `collectionNotFound`, `storageFull`.
    package func optimizeVectors(_ name: String) async throws(HeddleError) -> VectorCollectionResource {
        try VectorCollectionResource(
            await value(.POST, Self.vectors(name, "optimize"), timeout: .seconds(3_600))
        )
    }

    /// Keeps a copy of a collection in the server's data directory.
    ///
    /// - Parameters:
    ///   - name: The collection.
    ///   - snapshot: What the copy is called.
    /// - Returns: What the server says of it.
    /// - Throws: ``HeddleError`` with `collectionNotFound`, `invalidRequest` when there is one of that name.
    package func snapshotVectors(_ name: String, as snapshot: String) async throws(HeddleError) -> JSONValue {
        let body: JSONValue = ["name": .string(snapshot)]
        return try await value(.POST, Self.vectors(name, "snapshots"), body: body, timeout: .seconds(600))
    }

    /// Stores points.
    ///
    /// - Parameters:
    ///   - points: Objects with `id`, `vector` and perhaps `payload`.
    ///   - name: The collection.
    /// - Returns: How many were stored.
    /// - Throws: ``HeddleError`` with `collectionNotFound`, `invalidRequest`, `storageFull`.
    package func upsertVectors(_ points: [JSONValue], into name: String) async throws(HeddleError) -> Int {
        let body: JSONValue = ["points": .array(points)]
        let answer = try await value(.PUT, Self.vectors(name, "points"), body: body, timeout: .seconds(120))
        return answer["stored"]?.integer ?? 0
    }

    /// Deletes points.
    ///
    /// - Parameters:
    ///   - ids: The points.
    ///   - name: The collection.
    /// - Returns: How many were there.
    /// - Throws: ``HeddleError`` with `collectionNotFound`, `invalidRequest`.
    package func deleteVectors(_ ids: [String], from name: String) async throws(HeddleError) -> Int {
        let body: JSONValue = ["ids": .array(ids.map(JSONValue.string))]
        return try await value(.POST, Self.vectors(name, "points", "delete"), body: body)["deleted"]?.integer ?? 0
    }

    /// The points that are nearest to a vector.
    ///
    /// - Parameters:
    ///   - name: The collection.
    ///   - body: The vector and what else is asked for.
    /// - Returns: The points, the nearest first.
    /// - Throws: ``HeddleError`` with `collectionNotFound`, `invalidRequest`.
    package func searchVectors(
        _ name: String,
        _ body: JSONValue
    ) async throws(HeddleError) -> Page<VectorPointResource> {
        try Page(await value(.POST, Self.vectors(name, "search"), body: body))
    }

    /// One page of a collection's points, with their vectors.
    ///
    /// - Parameters:
    ///   - name: The collection.
    ///   - cursor: Where the last page ended.
    /// - Returns: The points, and the cursor of what follows.
    /// - Throws: ``HeddleError`` with `collectionNotFound`.
    package func vectorPoints(
        _ name: String,
        after cursor: String?
    ) async throws(HeddleError) -> (points: [JSONValue], next: String?) {
        let query = PercentEncoding.query([("limit", "500"), ("with_vector", "true"), ("cursor", cursor)])
        let answer = try await value(.GET, Self.vectors(name, "points") + query)
        return (answer["items"]?.array ?? [], answer["next_cursor"]?.string)
    }
}
