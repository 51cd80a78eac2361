import HeddleModel
package import JSON
import JSONSchema

/// `heddle benchmark schema`: how quickly values are judged and schemas compiled.
package struct SchemaBenchmark: Benchmark {
    /// A tool as many are, and a call of it.
    private static let toolSchema = """
        {"type":"object","properties":{"repo_path":{"type":"string","minLength":1},"max_count":{"type":"integer",
        "minimum":1,"maximum":1000,"default":10},"start":{"anyOf":[{"type":"string"},{"type":"null"}]},"labels":
        {"type":"array","items":{"type":"string","enum":["bug","feature","docs"]},"maxItems":10},"verbose":
        {"type":"boolean"}},"required":["repo_path"],"additionalProperties":false}
        """
    private static let toolCall = """
        {"repo_path":"/srv/repositories/heddle","max_count":25,"start":"2026-01-01","labels":["bug","docs"],"verbose":true}
        """

    private let messages: String?
    private let suite: String?
    private let seconds: Double

    /// Prepares a run.
    ///
    /// - Parameters:
    ///   - messages: A folder with `schema.json` and, for each of its `$defs`, messages in `examples/<name>/`; nil for none.
    ///   - suite: The folder of a draft in the official suite, such as `tests/draft7`; nil for none.
    ///   - seconds: How long each measurement takes.
    package init(messages: String?, suite: String?, seconds: Double) {
        self.messages = messages
        self.suite = suite
        self.seconds = seconds
    }

    /// Runs everything; each part also tells its line to `report` when it is done.
    ///
    /// - Throws: ``HeddleError`` with `pathNotReadable`, `malformedJSON` or `invalidRequest` for the folders.
    package func run(report: @escaping (String) -> Void) async throws -> JSONValue {
        do {
            return try measure(report)
        } catch let error as SchemaError {
            throw HeddleError(.invalidRequest, "a schema of the benchmark cannot be used: \(error)")
        } catch let error as JSONError {
            throw HeddleError(.malformedJSON, "a file of the benchmark is not acceptable JSON: \(error)")
        }
    }

    private func measure(_ report: (String) -> Void) throws -> JSONValue {
        report(LatencyRecord.padded("what", 26) + "    per s      ns each     MB/s")
        let schema = try JSONSchema(JSONDocument(Self.toolSchema))
        let call = try JSONDocument(Self.toolCall)
        var rows = [
            try row("tool call", bytes: call.bytes.count, report) { try schema.isValid(call.root) },
            try row("tool call, scan included", bytes: call.bytes.count, report) {
                try schema.isValid(JSONDocument(call.bytes).root)
            },
            try row("tool schema, compiled", bytes: Self.toolSchema.utf8.count, report) {
                try JSONSchema(JSONDocument(Self.toolSchema)).isValid(call.root)
            },
        ]
        if let messages {
            rows += try self.rows("messages", SchemaSubjects(messages: messages), areValid: true, report)
        }
        if let suite { rows += try self.rows("suite", SchemaSubjects(suite: suite), areValid: false, report) }
        return ["suite": "schema", "rows": .array(rows)]
    }

    /// Verdicts on all values, and the compilation of all schemas, a schema counting as one.
    private func rows(
        _ name: String,
        _ subjects: SchemaSubjects,
        areValid: Bool,
        _ report: (String) -> Void
    ) throws -> [JSONValue] {
        let judged = try subjects.subjects.map { (try $0.compiled(), $0.values) }
        let verdicts = try row(name, count: subjects.valueCount, bytes: subjects.valueBytes, report) {
            var isRight = true
            for (schema, values) in judged {
                for value in values {
                    let isValid = try schema.isValid(value.root)
                    if areValid, !isValid { isRight = false }
                }
            }
            return isRight
        }
        let count = subjects.subjects.count
        let compiled = try row(name + ", compiled", count: count, bytes: subjects.schemaBytes, report) {
            for subject in subjects.subjects { _ = try subject.compiled() }
            return true
        }
        return [verdicts, compiled]
    }

    /// Repeats a body that judges `count` values of `bytes` in all, for as long as a measurement takes.
    private func row(
        _ name: String,
        count: Int = 1,
        bytes: Int,
        _ report: (String) -> Void,
        _ body: () throws -> Bool
    ) throws -> JSONValue {
        var rounds = 0
        let start = MonotonicClock.now
        let end = start + UInt64(seconds * 1e9)
        var now = start
        while now < end {
            // The clock is looked at once in a while: a look costs a part of a verdict.
            for _ in 0..<max(1, 64 / count) {
                guard try body() else {
                    throw HeddleError(.invalidRequest, "a value of the benchmark does not satisfy its schema")
                }
                rounds += 1
            }
            now = MonotonicClock.now
        }
        let each = Double(now - start) / Double(rounds * count)
        let speed = Double(bytes * rounds) / Double(now - start) * 1000
        report(
            LatencyRecord.padded(name, 26) + LatencyRecord.fixed(1e9 / each, 0, 9) + LatencyRecord.fixed(each, 0, 13)
                + LatencyRecord.fixed(speed, 1, 9)
        )
        return [
            "name": .string(name), "per_second": .integer(Int(1e9 / each)), "ns": .integer(Int(each)),
            "mb_per_second": .number(LatencyRecord.fixed(speed, 1, 0)),
        ]
    }
}
