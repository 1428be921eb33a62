package wasm

import "strings"

// Immediate is what stands behind an opcode in the code.
type Immediate uint8

// What can stand behind an opcode.
const (
	Unknown       Immediate = iota // not an instruction we know
	None                           // nothing
	BlockType                      // the type of a block
	Label                          // how many blocks up
	LabelTable                     // a list of those
	Func                           // a function
	TypeAndTable                   // a type and a table: call_indirect
	SelectType                     // one type in a list
	Local                          // a local
	Global                         // a global
	Table                          // a table
	MemArg                         // alignment and offset
	MemArgLane                     // alignment, offset and a lane
	Memory                         // the memory, a zero byte
	TwoMemories                    // two zero bytes
	I32                            // a signed number
	I64                            // a signed number
	Bytes4                         // a float
	Bytes8                         // a double
	Bytes16                        // a vector or sixteen lanes
	RefType                        // funcref or externref
	DataAndMemory                  // a data segment and a zero byte
	Data                           // a data segment
	ElemAndTable                   // an element segment and a table
	Elem                           // an element segment
	TwoTables                      // two tables
	Lane                           // a lane
)

// Op is an instruction by its name in the text format.
type Op struct {
	Name      string
	Prefix    byte // 0, or 0xfc with the number in Code
	Code      byte
	Immediate Immediate
}

const (
	opBlock        = 0x02
	opLoop         = 0x03
	opIf           = 0x04
	opEnd          = 0x0b
	opBr           = 0x0c
	opBrIf         = 0x0d
	opBrTable      = 0x0e
	opCall         = 0x10
	opCallIndirect = 0x11
	opMemoryGrow   = 0x40
	opRefNull      = 0xd0
	opRefFunc      = 0xd2
	prefixMisc     = 0xfc
	prefixVector   = 0xfd
)

// Ops lists the instructions of the text format, without those on vectors.
func Ops() []Op {
	var all []Op
	add := func(prefix, first byte, imm Immediate, names string) {
		for i, name := range strings.Fields(names) {
			if name != "-" {
				all = append(all, Op{name, prefix, first + byte(i), imm})
			}
		}
	}
	add(0, 0x00, None, `unreachable nop`)
	add(0, opBlock, BlockType, `block loop if`)
	add(0, 0x05, None, `else`)
	add(0, opEnd, None, `end`)
	add(0, opBr, Label, `br br_if`)
	add(0, opBrTable, LabelTable, `br_table`)
	add(0, 0x0f, None, `return`)
	add(0, opCall, Func, `call`)
	add(0, opCallIndirect, TypeAndTable, `call_indirect`)
	add(0, 0x1a, None, `drop select`)
	add(0, 0x1c, SelectType, `select_t`)
	add(0, 0x20, Local, `local.get local.set local.tee`)
	add(0, 0x23, Global, `global.get global.set`)
	add(0, 0x25, Table, `table.get table.set`)
	add(0, 0x28, MemArg, `i32.load i64.load f32.load f64.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u
		i64.load8_s i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u
		i32.store i64.store f32.store f64.store i32.store8 i32.store16 i64.store8 i64.store16 i64.store32`)
	add(0, 0x3f, Memory, `memory.size memory.grow`)
	add(0, 0x41, I32, `i32.const`)
	add(0, 0x42, I64, `i64.const`)
	add(0, 0x43, Bytes4, `f32.const`)
	add(0, 0x44, Bytes8, `f64.const`)
	add(0, 0x45, None, `i32.eqz i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u
		i64.eqz i64.eq i64.ne i64.lt_s i64.lt_u i64.gt_s i64.gt_u i64.le_s i64.le_u i64.ge_s i64.ge_u
		f32.eq f32.ne f32.lt f32.gt f32.le f32.ge f64.eq f64.ne f64.lt f64.gt f64.le f64.ge
		i32.clz i32.ctz i32.popcnt i32.add i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u
		i32.and i32.or i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr
		i64.clz i64.ctz i64.popcnt i64.add i64.sub i64.mul i64.div_s i64.div_u i64.rem_s i64.rem_u
		i64.and i64.or i64.xor i64.shl i64.shr_s i64.shr_u i64.rotl i64.rotr
		f32.abs f32.neg f32.ceil f32.floor f32.trunc f32.nearest f32.sqrt f32.add f32.sub f32.mul f32.div f32.min f32.max f32.copysign
		f64.abs f64.neg f64.ceil f64.floor f64.trunc f64.nearest f64.sqrt f64.add f64.sub f64.mul f64.div f64.min f64.max f64.copysign
		i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u
		i64.extend_i32_s i64.extend_i32_u i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u
		f32.convert_i32_s f32.convert_i32_u f32.convert_i64_s f32.convert_i64_u f32.demote_f64
		f64.convert_i32_s f64.convert_i32_u f64.convert_i64_s f64.convert_i64_u f64.promote_f32
		i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64
		i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s`)
	add(0, opRefNull, RefType, `ref.null`)
	add(0, 0xd1, None, `ref.is_null`)
	add(0, opRefFunc, Func, `ref.func`)

	add(prefixMisc, 0, None, `i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u
		i64.trunc_sat_f32_s i64.trunc_sat_f32_u i64.trunc_sat_f64_s i64.trunc_sat_f64_u`)
	add(prefixMisc, 8, DataAndMemory, `memory.init`)
	add(prefixMisc, 9, Data, `data.drop`)
	add(prefixMisc, 10, TwoMemories, `memory.copy`)
	add(prefixMisc, 11, Memory, `memory.fill`)
	add(prefixMisc, 12, ElemAndTable, `table.init`)
	add(prefixMisc, 13, Elem, `elem.drop`)
	add(prefixMisc, 14, TwoTables, `table.copy`)
	add(prefixMisc, 15, Table, `table.grow table.size table.fill`)
	return all
}

// The same by their numbers, for reading code.
var plain, misc = func() (plain, misc [256]Immediate) {
	for _, op := range Ops() {
		if op.Prefix == prefixMisc {
			misc[op.Code] = op.Immediate
		} else {
			plain[op.Code] = op.Immediate
		}
	}
	return plain, misc
}()

// vector holds what stands behind the instructions on vectors, which all have
// numbers below 256.
var vector = func() (v [256]Immediate) {
	set := func(first, last int, imm Immediate) {
		for i := first; i <= last; i++ {
			v[i] = imm
		}
	}
	set(0x00, 0xff, None)
	set(0x00, 0x0b, MemArg)  // loads and the store
	set(0x0c, 0x0d, Bytes16) // v128.const, i8x16.shuffle
	set(0x15, 0x22, Lane)
	set(0x54, 0x5b, MemArgLane)
	set(0x5c, 0x5d, MemArg)
	for _, gap := range []byte{0x9a, 0xa2, 0xa5, 0xa6, 0xaf, 0xb0, 0xb2, 0xb3, 0xb4, 0xbb, 0xc2, 0xc5, 0xc6, 0xcf, 0xd0,
		0xd2, 0xd3, 0xd4, 0xe2, 0xee} {
		v[gap] = Unknown
	}
	return v
}()

// bulk tells the instructions that do much work in one go.
func bulk(sub byte) bool {
	switch sub {
	case 8, 10, 11, 12, 14, 15, 17: // memory.init/copy/fill, table.init/copy/grow/fill
		return true
	}
	return false
}
