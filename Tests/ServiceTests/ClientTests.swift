import Testing

/// The core client, and what else speaks to Data Factory, against the emulator.
@Suite("The client against the emulator")
struct ClientTests {}
