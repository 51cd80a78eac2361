/// The formats of strings that a schema can name (2020-12, validation §7.3).
enum StringFormat: UInt8, CaseIterable, Sendable {
    case dateTime, date, time, duration, email, idnEmail, hostname, idnHostname, ipv4, ipv6, uri, uriReference, iri
    case iriReference, uuid, uriTemplate, jsonPointer, relativeJSONPointer, regex

    init?(name: String) {
        guard let format = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = format
    }

    var name: String {
        switch self {
        case .dateTime: "date-time"
        case .date: "date"
        case .time: "time"
        case .duration: "duration"
        case .email: "email"
        case .idnEmail: "idn-email"
        case .hostname: "hostname"
        case .idnHostname: "idn-hostname"
        case .ipv4: "ipv4"
        case .ipv6: "ipv6"
        case .uri: "uri"
        case .uriReference: "uri-reference"
        case .iri: "iri"
        case .iriReference: "iri-reference"
        case .uuid: "uuid"
        case .uriTemplate: "uri-template"
        case .jsonPointer: "json-pointer"
        case .relativeJSONPointer: "relative-json-pointer"
        case .regex: "regex"
        }
    }

    /// What a text that is accepted is, in words.
    var words: String {
        switch self {
        case .dateTime: "a date and time such as 2026-11-21T08:00:00Z"
        case .date: "a date such as 2026-11-21"
        case .time: "a time such as 08:00:00Z"
        case .duration: "a duration such as P1DT2H"
        case .email, .idnEmail: "an e-mail address"
        case .hostname, .idnHostname: "a host name"
        case .ipv4: "an IPv4 address"
        case .ipv6: "an IPv6 address"
        case .uri, .iri: "a URI with a scheme"
        case .uriReference, .iriReference: "a URI reference"
        case .uuid: "a UUID"
        case .uriTemplate: "a URI template"
        case .jsonPointer: "a JSON pointer"
        case .relativeJSONPointer: "a relative JSON pointer"
        case .regex: "a regular expression"
        }
    }

    /// Whether a text has the format.
    func accepts(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return switch self {
        case .dateTime: TimeFormat.isDateTime(bytes)
        case .date: TimeFormat.isDate(bytes[...])
        case .time: TimeFormat.isTime(bytes[...])
        case .duration: TimeFormat.isDuration(bytes)
        case .email: HostFormat.isEmail(bytes, allowsUnicode: false)
        case .idnEmail: HostFormat.isEmail(bytes, allowsUnicode: true)
        case .hostname: HostFormat.isHostname(bytes[...], allowsUnicode: false)
        case .idnHostname: HostFormat.isHostname(bytes[...], allowsUnicode: true)
        case .ipv4: HostFormat.isIPv4(bytes[...])
        case .ipv6: HostFormat.isIPv6(bytes[...])
        case .uri: URIFormat.isReference(bytes, needsScheme: true, allowsUnicode: false)
        case .uriReference: URIFormat.isReference(bytes, needsScheme: false, allowsUnicode: false)
        case .iri: URIFormat.isReference(bytes, needsScheme: true, allowsUnicode: true)
        case .iriReference: URIFormat.isReference(bytes, needsScheme: false, allowsUnicode: true)
        case .uuid: URIFormat.isUUID(bytes)
        case .uriTemplate: URIFormat.isTemplate(bytes)
        case .jsonPointer: JSONPointer(text) != nil
        case .relativeJSONPointer: URIFormat.isRelativePointer(text)
        case .regex: (try? PatternTranslation.translate(text)) != nil && (try? Pattern(text, steps: 1)) != nil
        }
    }
}
