/// Writes metrics in the text format of Prometheus, version 0.0.4, one family after the other.
///
/// What the format does not allow is left out and noted in ``refusals``; a test that writes every family finds it there.
/// ``take()`` between families hands on what there is, so that the whole need not be in memory.
package struct PrometheusText: Sendable {
    /// The media type of what is written.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"
    private static let mostRefusals = 100

    /// What was left out, and why; the first hundred.
    package private(set) var refusals: [String] = []
    private var bytes: [UInt8] = []
    private var family: MetricFamily?
    private var written: Set<String> = []

    /// An empty text.
    package init() {}

    /// Hands on what has been written since the last time.
    package mutating func take() -> [UInt8] {
        let taken = bytes
        bytes = []
        return taken
    }

    /// Begins a family, to which the values that follow belong; each family comes once.
    package mutating func begin(_ family: MetricFamily) {
        self.family = nil
        if let problem = family.problem { return refuse(problem) }
        guard written.insert(family.name.description).inserted else { return refuse("'\(family.name)' is there twice") }
        self.family = family
        append("# HELP ")
        append(family.name)
        append(" ")
        appendEscaped(family.help.description, quotes: false)
        append("\n# TYPE ")
        append(family.name)
        append(" ")
        append(family.kind.rawValue)
        append("\n")
    }

    /// Writes a value; no two of a family have the same labels.
    package mutating func add(_ labels: [String] = [], _ value: Double) {
        guard let family = current(labels, isHistogram: false) else { return }
        appendName(family, "", labels, bound: nil)
        append(Self.text(value))
        append("\n")
    }

    /// Writes a whole number.
    package mutating func add(_ labels: [String] = [], _ value: some BinaryInteger) {
        guard let family = current(labels, isHistogram: false) else { return }
        appendName(family, "", labels, bound: nil)
        append(String(value))
        append("\n")
    }

    /// Writes a histogram of durations, in seconds.
    package mutating func add(_ labels: [String] = [], _ histogram: LatencyHistogram) {
        guard let family = current(labels, isHistogram: true) else { return }
        for (bound, count) in zip(LogLinear.prometheusBounds, histogram.cumulative()) {
            appendLine(family, "_bucket", labels, bound: bound.label, String(count))
        }
        appendLine(family, "_bucket", labels, bound: "+Inf", String(histogram.count))
        appendLine(family, "_sum", labels, bound: nil, Self.text(Double(histogram.sum) / 1e9))
        appendLine(family, "_count", labels, bound: nil, String(histogram.count))
    }

    private mutating func current(_ labels: [String], isHistogram: Bool) -> MetricFamily? {
        // What belongs to a family that was refused has been spoken of.
        guard let family else { return nil }
        guard labels.count == family.labels.count else {
            refuse("'\(family.name)' has \(family.labels.count) labels and not \(labels.count)")
            return nil
        }
        guard isHistogram == (family.kind == .histogram) else {
            refuse("'\(family.name)' is a \(family.kind.rawValue)")
            return nil
        }
        return family
    }

    private mutating func refuse(_ problem: String) {
        if refusals.count < Self.mostRefusals { refusals.append(problem) }
    }

    /// A number as the format has it.
    static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        guard value.isFinite else { return value < 0 ? "-Inf" : "+Inf" }
        return "\(value)"
    }
}

extension PrometheusText {
    private mutating func appendLine(
        _ family: MetricFamily,
        _ suffix: StaticString,
        _ labels: [String],
        bound: String?,
        _ value: String
    ) {
        appendName(family, suffix, labels, bound: bound)
        append(value)
        append("\n")
    }

    private mutating func appendName(_ family: MetricFamily, _ suffix: StaticString, _ labels: [String], bound: String?)
    {
        append(family.name)
        append(suffix)
        guard !labels.isEmpty || bound != nil else { return append(" ") }
        append("{")
        for index in labels.indices {
            if index > 0 { append(",") }
            append(family.labels[index])
            append("=\"")
            appendEscaped(labels[index], quotes: true)
            append("\"")
        }
        if let bound {
            append(labels.isEmpty ? "le=\"" : ",le=\"")
            append(bound)
            append("\"")
        }
        append("} ")
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    @_disfavoredOverload
    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func appendEscaped(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\"") where quotes: append("\\\"")
            default: bytes.append(byte)
            }
        }
    }
}
