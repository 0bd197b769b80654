internal import CRabbitMQ

/// Field tables between their C form and ours.
extension FieldTable {
    /// Copies a table out of librabbitmq's memory; what nests deeper than ``maximumDepth`` is cut off.
    init(copying table: amqp_table_t, depth: Int = 0) {
        var entries: [Entry] = []
        let count = Int(unsafe table.num_entries)
        entries.reserveCapacity(count)
        for index in 0..<count {
            let entry = unsafe table.entries[index]
            let value = unsafe FieldValue(copying: entry.value, depth: depth + 1)
            unsafe entries.append(Entry(String(copying: unsafe entry.key), value))
        }
        self.init(entries)
    }
}

extension FieldValue {
    fileprivate init(copying field: amqp_field_value_t, depth: Int) {
        let value = unsafe field.value
        let kind = amqp_field_value_kind_t(rawValue: UInt32(unsafe field.kind))
        // Cut off just where publishing refuses, so that whatever was read can be published again.
        if depth == FieldTable.maximumDepth, kind == AMQP_FIELD_KIND_TABLE || kind == AMQP_FIELD_KIND_ARRAY {
            self = .void
            return
        }
        switch kind {
        case AMQP_FIELD_KIND_BOOLEAN: self = .bool(unsafe value.boolean != 0)
        case AMQP_FIELD_KIND_I8: self = .int8(unsafe value.i8)
        case AMQP_FIELD_KIND_U8: self = .uint8(unsafe value.u8)
        case AMQP_FIELD_KIND_I16: self = .int16(unsafe value.i16)
        case AMQP_FIELD_KIND_U16: self = .uint16(unsafe value.u16)
        case AMQP_FIELD_KIND_I32: self = .int32(unsafe value.i32)
        case AMQP_FIELD_KIND_U32: self = .uint32(unsafe value.u32)
        case AMQP_FIELD_KIND_I64: self = .int64(unsafe value.i64)
        case AMQP_FIELD_KIND_U64: self = .uint64(unsafe value.u64)
        case AMQP_FIELD_KIND_F32: self = .float(unsafe value.f32)
        case AMQP_FIELD_KIND_F64: self = .double(unsafe value.f64)
        case AMQP_FIELD_KIND_DECIMAL:
            self = .decimal(scale: unsafe value.decimal.decimals, value: unsafe value.decimal.value)
        case AMQP_FIELD_KIND_UTF8:
            let bytes = unsafe [UInt8](copying: unsafe value.bytes)
            self = String(validating: bytes, as: UTF8.self).map { .string($0) } ?? .octets(bytes)
        case AMQP_FIELD_KIND_BYTES: self = unsafe .bytes([UInt8](copying: unsafe value.bytes))
        case AMQP_FIELD_KIND_TIMESTAMP: self = .timestamp(unsafe value.u64)
        case AMQP_FIELD_KIND_TABLE: self = unsafe .table(FieldTable(copying: unsafe value.table, depth: depth))
        case AMQP_FIELD_KIND_ARRAY:
            let array = unsafe value.array
            self = .array(
                (0..<Int(unsafe array.num_entries)).map { index in
                    unsafe FieldValue(copying: array.entries[index], depth: depth + 1)
                }
            )
        default: self = .void
        }
    }
}

extension [UInt8] {
    /// Copies bytes out of librabbitmq's memory.
    init(copying bytes: amqp_bytes_t) {
        self = unsafe [UInt8](UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len))
    }
}

extension String {
    /// Copies a text out of librabbitmq's memory; invalid UTF-8 is repaired with U+FFFD.
    init(copying bytes: amqp_bytes_t) {
        self = unsafe String(
            decoding: UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len),
            as: UTF8.self
        )
    }
}

extension ByteArena {
    /// A text for one C call.
    mutating func bytes(_ text: String) -> amqp_bytes_t {
        var text = text
        return text.withUTF8 { utf8 in
            let memory = unsafe allocate(byteCount: utf8.count, alignment: 1)
            if let base = utf8.baseAddress { unsafe memory.copyMemory(from: base, byteCount: utf8.count) }
            return unsafe amqp_bytes_t(len: utf8.count, bytes: memory)
        }
    }

    /// Bytes for one C call.
    mutating func bytes(_ array: [UInt8]) -> amqp_bytes_t {
        unsafe array.withUnsafeBytes { buffer in
            let memory = unsafe allocate(byteCount: buffer.count, alignment: 1)
            if let base = buffer.baseAddress { unsafe memory.copyMemory(from: base, byteCount: buffer.count) }
            return unsafe amqp_bytes_t(len: buffer.count, bytes: memory)
        }
    }

    /// A table for one C call.
    mutating func table(_ table: FieldTable) -> amqp_table_t {
        let entries = unsafe allocate(amqp_table_entry_t.self, count: table.entries.count)
        for (index, entry) in table.entries.enumerated() {
            let value = unsafe field(entry.value)
            unsafe (entries + index).initialize(to: amqp_table_entry_t(key: bytes(entry.key), value: value))
        }
        return unsafe amqp_table_t(num_entries: Int32(table.entries.count), entries: entries)
    }

    private mutating func field(_ value: FieldValue) -> amqp_field_value_t {
        var field = unsafe amqp_field_value_t()
        func kind(_ kind: amqp_field_value_kind_t) { unsafe field.kind = UInt8(kind.rawValue) }
        switch value {
        case .bool(let value):
            kind(AMQP_FIELD_KIND_BOOLEAN)
            unsafe field.value.boolean = value ? 1 : 0
        case .int8(let value):
            kind(AMQP_FIELD_KIND_I8)
            unsafe field.value.i8 = value
        case .uint8(let value):
            kind(AMQP_FIELD_KIND_U8)
            unsafe field.value.u8 = value
        case .int16(let value):
            kind(AMQP_FIELD_KIND_I16)
            unsafe field.value.i16 = value
        case .uint16(let value):
            kind(AMQP_FIELD_KIND_U16)
            unsafe field.value.u16 = value
        case .int32(let value):
            kind(AMQP_FIELD_KIND_I32)
            unsafe field.value.i32 = value
        case .uint32(let value):
            kind(AMQP_FIELD_KIND_U32)
            unsafe field.value.u32 = value
        case .int64(let value):
            kind(AMQP_FIELD_KIND_I64)
            unsafe field.value.i64 = value
        case .uint64(let value):
            kind(AMQP_FIELD_KIND_U64)
            unsafe field.value.u64 = value
        case .float(let value):
            kind(AMQP_FIELD_KIND_F32)
            unsafe field.value.f32 = value
        case .double(let value):
            kind(AMQP_FIELD_KIND_F64)
            unsafe field.value.f64 = value
        case .decimal(let scale, let value):
            kind(AMQP_FIELD_KIND_DECIMAL)
            unsafe field.value.decimal = amqp_decimal_t(decimals: scale, value: value)
        case .string(let text):
            kind(AMQP_FIELD_KIND_UTF8)
            unsafe field.value.bytes = bytes(text)
        case .octets(let array):
            kind(AMQP_FIELD_KIND_UTF8)
            unsafe field.value.bytes = bytes(array)
        case .bytes(let array):
            kind(AMQP_FIELD_KIND_BYTES)
            unsafe field.value.bytes = bytes(array)
        case .timestamp(let seconds):
            kind(AMQP_FIELD_KIND_TIMESTAMP)
            unsafe field.value.u64 = seconds
        case .table(let nested):
            kind(AMQP_FIELD_KIND_TABLE)
            unsafe field.value.table = table(nested)
        case .array(let values):
            kind(AMQP_FIELD_KIND_ARRAY)
            let entries = unsafe allocate(amqp_field_value_t.self, count: values.count)
            for (index, value) in values.enumerated() {
                unsafe (entries + index).initialize(to: self.field(value))
            }
            unsafe field.value.array = amqp_array_t(num_entries: Int32(values.count), entries: entries)
        case .void:
            kind(AMQP_FIELD_KIND_VOID)
        }
        return unsafe field
    }
}
