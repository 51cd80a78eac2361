extension HeddleError {
    /// What went wrong, as the stable name that travels on the wire.
    package enum Code: String, Sendable, CaseIterable {
        // MARK: Requests

        /// The body is not JSON, or breaks the limits of ours on it.
        case malformedJSON = "MALFORMED_JSON"
        /// A field is missing, unknown, or of the wrong type or range.
        case invalidRequest = "INVALID_REQUEST"
        /// The body is larger than the server takes.
        case bodyTooLarge = "BODY_TOO_LARGE"
        /// No route has this path.
        case routeNotFound = "ROUTE_NOT_FOUND"
        /// The path exists, but not with this method.
        case methodNotAllowed = "METHOD_NOT_ALLOWED"
        /// The `Content-Type` or `Accept` header names what the server does not speak.
        case unsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
        /// The token is missing or wrong.
        case unauthenticated = "UNAUTHENTICATED"
        /// The caller is known and may not do this.
        case permissionDenied = "PERMISSION_DENIED"
        /// The `Host` or `Origin` header is not one the server answers to.
        case originDenied = "ORIGIN_DENIED"

        // MARK: Values

        /// The text is not a SemVer 2.0 version or a range of them.
        case invalidVersion = "INVALID_VERSION"
        /// The manifest breaks a rule.
        case invalidManifest = "INVALID_MANIFEST"
        /// The configuration has an unknown key or a value of the wrong type.
        case invalidConfiguration = "INVALID_CONFIGURATION"

        // MARK: Entities

        case extensionNotFound = "EXTENSION_NOT_FOUND"
        case capabilityNotFound = "CAPABILITY_NOT_FOUND"
        /// The configuration has no setting of this name.
        case settingNotFound = "SETTING_NOT_FOUND"
        /// An extension of this name is registered already.
        case extensionExists = "EXTENSION_EXISTS"
        /// The extension is registered and not active.
        case extensionInactive = "EXTENSION_INACTIVE"
        /// A tool definition changed after it was accepted; somebody has to accept it again.
        case definitionHeld = "DEFINITION_HELD"
        /// The state machine has no such edge.
        case invalidStateTransition = "INVALID_STATE_TRANSITION"
        /// An extension needs another that is not there, or not in a version that fits.
        case dependencyUnsatisfied = "DEPENDENCY_UNSATISFIED"
        /// Extensions would need each other in a circle.
        case dependencyCycle = "DEPENDENCY_CYCLE"
        /// `If-Match` names another version than the stored one.
        case versionConflict = "VERSION_CONFLICT"

        // MARK: Contexts

        case contextNotFound = "CONTEXT_NOT_FOUND"
        /// A context with this id is there already.
        case contextExists = "CONTEXT_ALREADY_EXISTS"
        /// The context has no room for so many more.
        case contextFull = "CONTEXT_FULL"
        /// The context's time is over.
        case contextExpired = "CONTEXT_EXPIRED"
        /// The context does not let this participant in.
        case joinRefused = "JOIN_REFUSED"
        case participantNotFound = "PARTICIPANT_NOT_FOUND"
        /// The agent takes part already.
        case participantExists = "PARTICIPANT_ALREADY_EXISTS"
        case sessionNotFound = "SESSION_NOT_FOUND"
        case metadataNotFound = "METADATA_NOT_FOUND"
        case snapshotNotFound = "SNAPSHOT_NOT_FOUND"
        /// The shared state has nothing at this pointer, or not any more in this version.
        case stateNotFound = "STATE_NOT_FOUND"
        /// A change was made to another version of the shared state than the present one, and does not fit that.
        case syncConflict = "SYNC_CONFLICT"
        /// An operation of a patch cannot be done; nothing was changed.
        case patchFailed = "PATCH_FAILED"

        // MARK: Vectors

        case collectionNotFound = "COLLECTION_NOT_FOUND"
        /// The name of a collection is taken.
        case collectionExists = "COLLECTION_ALREADY_EXISTS"
        /// Files of a collection are not what was written, and what they held cannot be told from the others.
        case collectionDamaged = "COLLECTION_DAMAGED"

        // MARK: Installation

        /// The command line names a program that is not there or cannot be run.
        case commandNotFound = "COMMAND_NOT_FOUND"
        /// The extension's user cannot read a path that the command or a grant needs.
        case pathNotReadable = "PATH_NOT_READABLE"
        /// A grant asks for what is never granted, such as Heddle's own data.
        case grantRefused = "GRANT_REFUSED"
        /// A file has another hash than it has to have, or a signature that is not of it.
        case integrityFailed = "INTEGRITY_FAILED"
        /// Downloading or building the package failed.
        case installationFailed = "INSTALLATION_FAILED"
        /// The extension does not run on this host, or not beside another one.
        case incompatible = "INCOMPATIBLE"
        /// A program that the extension has for this moment of its life failed.
        case hookFailed = "HOOK_FAILED"
        /// The package was installed, but does not start and list its tools.
        case smokeCheckFailed = "SMOKE_CHECK_FAILED"

        // MARK: Execution

        /// The parameters of a call break the capability's schema.
        case invalidParameters = "INVALID_PARAMETERS"
        /// The sandbox level that the extension needs is not to be had here.
        case sandboxUnavailable = "SANDBOX_UNAVAILABLE"
        /// The process could not be started, or ended before it was ready.
        case startFailed = "START_FAILED"
        /// The process failed so often that it is not started again for a while.
        case startBackoff = "START_BACKOFF"
        /// The process ended, or its pipe broke, while the call was under way.
        case extensionCrashed = "EXTENSION_CRASHED"
        /// The extension broke the protocol or a limit on it.
        case extensionProtocol = "EXTENSION_PROTOCOL"
        /// The extension answered the call with a protocol error.
        case extensionRefused = "EXTENSION_REFUSED"
        /// The deadline passed before the answer came.
        case deadlineExceeded = "DEADLINE_EXCEEDED"
        /// The caller went away.
        case cancelled = "CANCELLED"

        /// The capability failed so often that it is not called for a while.
        case circuitOpen = "CIRCUIT_OPEN"
        /// Only a kept result was wanted, and there is none.
        case notCached = "NOT_CACHED"
        /// The key belongs to a request with another body.
        case idempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED"
        /// The request that the key belongs to is still being worked on.
        case idempotencyKeyInUse = "IDEMPOTENCY_KEY_IN_USE"
        /// The server ended while it worked on the request of the key: nobody knows whether it was done.
        case idempotencyInDoubt = "IDEMPOTENCY_IN_DOUBT"

        // MARK: Limits

        /// Calls come faster than they may.
        case rateLimited = "RATE_LIMITED"
        /// Too many calls wait already, or one would wait for longer than it can.
        case overloaded = "OVERLOADED"
        /// A bound on calls, processes or instances is reached.
        case tooManyRequests = "TOO_MANY_REQUESTS"
        /// The store's queue of writes is full.
        case storeQueueFull = "STORE_QUEUE_FULL"
        /// The disk is full.
        case storageFull = "STORAGE_FULL"
        /// The database cannot be reached, or does not take work now.
        case databaseUnavailable = "DATABASE_UNAVAILABLE"
        /// Every connection to the database was busy for as long as a caller waits for one.
        case databasePoolExhausted = "DATABASE_POOL_EXHAUSTED"
        /// The database went away while it committed: nobody knows whether the change was made.
        case databaseInDoubt = "DATABASE_IN_DOUBT"
        /// The server is stopping.
        case shuttingDown = "SHUTTING_DOWN"

        // MARK: The host

        /// Another server holds the data directory.
        case dataDirectoryLocked = "DATA_DIRECTORY_LOCKED"
        /// Another program listens on the address already.
        case addressInUse = "ADDRESS_IN_USE"
        /// No server answers at the address.
        case serverUnreachable = "SERVER_UNREACHABLE"
        /// A fault of Heddle's own; the log has the reason.
        case internalError = "INTERNAL_ERROR"
    }
}
