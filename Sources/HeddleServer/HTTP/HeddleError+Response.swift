import HTTPTypes
import HeddleModel
import Hummingbird
import JSON

extension HeddleError.Code {
    /// The HTTP status for each kind of error; a new kind does not compile until it has one.
    var status: HTTPResponse.Status {
        switch self {
        case .malformedJSON, .invalidRequest, .invalidVersion, .invalidManifest, .invalidConfiguration,
            .invalidParameters:
            .badRequest
        case .bodyTooLarge: .contentTooLarge
        case .routeNotFound, .extensionNotFound, .capabilityNotFound, .settingNotFound, .contextNotFound,
            .participantNotFound, .sessionNotFound, .metadataNotFound, .snapshotNotFound, .stateNotFound,
            .collectionNotFound:
            .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .unsupportedMediaType: .unsupportedMediaType
        case .unauthenticated: .unauthorized
        case .permissionDenied, .originDenied, .joinRefused: .forbidden
        case .extensionExists, .extensionInactive, .definitionHeld, .invalidStateTransition, .versionConflict,
            .dependencyUnsatisfied, .dependencyCycle, .dataDirectoryLocked, .addressInUse, .idempotencyKeyInUse,
            .idempotencyInDoubt, .contextExists, .contextFull, .contextExpired, .participantExists, .syncConflict,
            .collectionExists:
            .conflict
        case .commandNotFound, .pathNotReadable, .grantRefused, .integrityFailed, .installationFailed,
            .smokeCheckFailed, .incompatible, .hookFailed, .idempotencyKeyReused,
            .patchFailed:
            .unprocessableContent
        case .startFailed, .extensionCrashed, .extensionProtocol, .extensionRefused: .badGateway
        case .deadlineExceeded, .notCached, .databaseInDoubt: .gatewayTimeout
        case .cancelled: .init(code: 499, reasonPhrase: "Client Closed Request")
        case .tooManyRequests, .rateLimited: .tooManyRequests
        case .sandboxUnavailable, .startBackoff, .circuitOpen, .overloaded, .storeQueueFull, .shuttingDown,
            .serverUnreachable, .databaseUnavailable, .databasePoolExhausted:
            .serviceUnavailable
        case .storageFull: .init(code: 507, reasonPhrase: "Insufficient Storage")
        case .internalError, .collectionDamaged: .internalServerError
        }
    }
}

extension HeddleError {
    /// The wire form of the error.
    func value(requestID: HeddleModel.RequestID) -> JSONValue {
        let isOurs = code == .internalError
        var facts = (isOurs ? [:] : details).sorted { $0.key < $1.key }
            .map { JSONObject.Member(name: $0.key, value: .string($0.value)) }
        if !violations.isEmpty { facts.append(.init(name: "violations", value: violationValues)) }
        return [
            "error": [
                "code": .string(code.rawValue),
                "message": .string(isOurs ? "something went wrong here; the log has the reason" : message),
                "details": .object(JSONObject(members: facts)),
                "request_id": .string(requestID.rawValue),
            ]
        ]
    }
}

extension HeddleError {
    private var violationValues: JSONValue {
        .array(
            violations.map { violation in
                [
                    "path": .string(violation.path), "keyword": .string(violation.keyword),
                    "message": .string(violation.message),
                ]
            }
        )
    }
}

/// The HTTP answer for an error.
struct ErrorAnswer: Sendable {
    let status: HTTPResponse.Status
    let fields: HTTPFields
    let bytes: [UInt8]

    init(_ error: HeddleError, requestID: HeddleModel.RequestID) {
        status = error.code.status
        bytes = error.value(requestID: requestID).bytes
        var fields: HTTPFields = [.contentType: "application/json"]
        if let milliseconds = error.details["retry_after_ms"].flatMap(Int.init) {
            fields[.retryAfter] = String(max(1, (milliseconds + 999) / 1000))
        }
        if error.code == .unauthenticated { fields[.wwwAuthenticate] = "Bearer" }
        self.fields = fields
    }

    var response: Response {
        Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension Response {
    /// A JSON answer.
    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        json(bytes: value.bytes, status: status)
    }

    /// An answer that is JSON already.
    static func json(bytes: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }
}
