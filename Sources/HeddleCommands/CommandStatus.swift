package import HeddleModel

/// What the program tells the shell when it ends.
package enum CommandStatus: Int32, Sendable, CaseIterable {
    case success = 0
    case failed = 1
    case usage = 2
    case notReachable = 3
    case notFound = 4
    case denied = 5
    /// The disk is full, here or where the server is.
    case storageFull = 6
}

extension HeddleError.Code {
    /// The one place where an error becomes an exit status.
    package var exitStatus: CommandStatus {
        switch self {
        case .malformedJSON, .invalidRequest, .invalidVersion, .invalidConfiguration, .invalidParameters:
            .usage
        case .serverUnreachable, .shuttingDown:
            .notReachable
        case .extensionNotFound, .capabilityNotFound, .settingNotFound, .routeNotFound, .contextNotFound,
            .participantNotFound, .sessionNotFound, .metadataNotFound, .snapshotNotFound, .stateNotFound,
            .collectionNotFound:
            .notFound
        case .unauthenticated, .permissionDenied, .originDenied, .grantRefused, .joinRefused:
            .denied
        case .bodyTooLarge, .methodNotAllowed, .unsupportedMediaType, .invalidManifest,
            .extensionExists, .extensionInactive, .definitionHeld, .invalidStateTransition, .versionConflict,
            .dependencyUnsatisfied, .dependencyCycle, .incompatible, .hookFailed, .commandNotFound, .pathNotReadable,
            .integrityFailed, .installationFailed, .smokeCheckFailed, .sandboxUnavailable,
            .startFailed, .startBackoff, .extensionCrashed, .extensionProtocol, .extensionRefused, .deadlineExceeded,
            .cancelled, .circuitOpen, .notCached, .idempotencyKeyReused, .idempotencyKeyInUse, .idempotencyInDoubt,
            .rateLimited, .overloaded, .tooManyRequests, .storeQueueFull, .databaseUnavailable, .databasePoolExhausted,
            .databaseInDoubt, .dataDirectoryLocked, .addressInUse, .contextExists, .contextFull, .contextExpired,
            .participantExists, .syncConflict, .patchFailed, .internalError,
            .collectionExists, .collectionDamaged:
            .failed
        case .storageFull:
            .storageFull
        }
    }
}
