package import HeddleModel
package import JSON

/// What became of the lines of an import.
package struct ImportReportResource: ServerResource {
    /// A line that was refused.
    package struct Failure: Sendable {
        /// From one.
        package let line: Int
        package let code: String
        package let message: String
    }

    package let json: JSONValue
    package let lines: Int
    package let created: Int
    package let skipped: Int
    package let failed: Int
    /// The first failures.
    package let failures: [Failure]

    /// Reads the answer to an import.
    ///
    /// - Throws: ``HeddleError`` with `internalError` when it does not say how many were created.
    package init(_ json: JSONValue) throws(HeddleError) {
        self.json = json
        guard let created = json["created"]?.integer else {
            throw HeddleError(.internalError, "the server's answer has no 'created'", details: ["field": "created"])
        }
        self.created = created
        lines = json["lines"]?.integer ?? 0
        skipped = json["skipped"]?.integer ?? 0
        failed = json["failed"]?.integer ?? 0
        failures = (json["errors"]?.array ?? [])
            .map { failure in
                Failure(
                    line: failure["line"]?.integer ?? 0,
                    code: failure["code"]?.string ?? "",
                    message: failure["message"]?.string ?? ""
                )
            }
    }
}
