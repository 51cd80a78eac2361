import CPostgres

/// What a server says besides its answers; confined to the thread of its connection, which outlives what libpq calls.
final class PostgresNotices {
    /// Whether a commit is on the server's own disk only, because somebody ended its wait for the standbys.
    private(set) var hasUnreplicatedCommit = false

    /// Listens from now on, for as long as the connection lives.
    func listen(to handle: OpaquePointer) {
        _ = PQsetNoticeReceiver(
            handle,
            { context, notice in
                guard let context, let notice, let routine = PQresultErrorField(notice, Int32(UInt8(ascii: "R"))) else {
                    return
                }
                // The server's function is the same in every language; the code is that of any warning.
                guard String(cString: routine) == "SyncRepWaitForLSN" else { return }
                Unmanaged<PostgresNotices>.fromOpaque(context).takeUnretainedValue().hasUnreplicatedCommit = true
            },
            Unmanaged.passUnretained(self).toOpaque()
        )
    }
}
