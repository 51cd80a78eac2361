package import JSON

/// The last lines that the instances of an extension wrote, oldest first.
package struct LogLines: ServerResource {
    /// One line.
    package struct Line: Sendable, Hashable {
        package let time: String
        package let stream: String
        package let instance: String
        package let text: String

        package init(time: String, stream: String, instance: String, text: String) {
            self.time = time
            self.stream = stream
            self.instance = instance
            self.text = text
        }
    }

    package let json: JSONValue
    package let lines: [Line]

    /// Reads the answer of `GET /extensions/{name}/logs`.
    package init(_ json: JSONValue) {
        self.json = json
        lines = (json["lines"]?.array ?? [])
            .map { line in
                Line(
                    time: line["time"]?.string ?? "",
                    stream: line["stream"]?.string ?? "",
                    instance: line["instance"]?.string ?? "",
                    text: line["text"]?.string ?? ""
                )
            }
    }
}
