import HeddleExtensions
import HeddleModel
import JSON
import NIOCore

/// The bodies of several calls of one capability: what is asked, and what came of each.
struct BatchBody {
    /// The schema of a batch.
    static let schema = OwnSchema(
        "BatchInvocation",
        Shape.object(
            required: ["items": Shape.list(["type": "object"], most: InvocationService.mostBatchItems)],
            optional: [
                "context": InvocationBody.context,
                "options": InvocationBody.options(
                    timeout: InvocationService.defaultBatchTimeout,
                    more: [
                        .init(
                            name: "batch_size",
                            value: Shape.integer(1...100, default: InvocationService.defaultBatchSize)
                        )
                    ]
                ),
            ]
        )
    )

    let requests: [InvocationService.Request]
    let size: Int
    /// How long all of them may take.
    let timeout: Duration

    /// Reads a batch; each item is the parameters of one call.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest`.
    init(_ fields: JSONFields, extensionName: String, capability: String) throws(HeddleError) {
        let options = try fields.fieldsIfPresent("options")
        size = try options?.integerIfPresent("batch_size") ?? InvocationService.defaultBatchSize
        timeout =
            try options?.integerIfPresent("timeout_ms").map { .milliseconds($0) }
            ?? InvocationService.defaultBatchTimeout
        let model = try InvocationBody.decode(
            fields,
            extensionName: extensionName,
            capability: capability,
            standardTimeout: timeout
        )
        requests =
            fields.view("items")?.elements
            .map { item in
                var request = InvocationService.Request(
                    extensionName: extensionName,
                    capability: capability,
                    parameters: item,
                    timeout: model.timeout
                )
                request.take(from: model)
                return request
            } ?? []
    }

    /// One result: its place in the batch, and what a call alone would have been answered.
    static func encode(
        _ index: Int,
        _ result: Result<InvocationService.Answer, any Error>,
        _ requestID: RequestID
    ) -> ByteBuffer {
        var line = ByteBuffer()
        line.writeString("{\"index\":\(index),")
        switch result {
        case .success(let answer):
            var body = InvocationBody.encode(answer)
            // The answer's own brace is left out.
            body.moveReaderIndex(forwardBy: 1)
            line.writeBuffer(&body)
        case .failure(let error):
            let wire = Door.known(error).value(requestID: requestID)["error"] ?? .null
            line.writeString("\"execution_status\":\"failed\",\"error\":")
            line.writeBytes(wire.bytes)
            line.writeString("}")
        }
        return line
    }
}
