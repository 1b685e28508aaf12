import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.springframework.asm.ClassReader;
import org.springframework.asm.ClassVisitor;
import org.springframework.asm.ClassWriter;
import org.springframework.asm.Handle;
import org.springframework.asm.Label;
import org.springframework.asm.MethodVisitor;
import org.springframework.asm.Opcodes;
import org.springframework.asm.Type;

/**
 * Turns what a class would have linked when it first comes by into plain code: lambdas and
 * method references into classes, strings put together into the work of a
 * {@link StringBuilder}, a record's {@code equals} and {@code hashCode} into those of its
 * components. A start comes by more than a thousand such places, once each, and the
 * archive of a Java before 25 does not keep them linked. What they do stays the same (JLS
 * 15.13.3, 15.18.1 and 15.27.4; {@code LambdaMetafactory} and {@code ObjectMethods}).
 */
class Desugar implements Opcodes {

	/** The classes whose objects hold a primitive value, by its type. */
	private static final Map<Type, Class<?>> BOXES = Map.of(Type.BOOLEAN_TYPE, Boolean.class, Type.CHAR_TYPE,
			Character.class, Type.BYTE_TYPE, Byte.class, Type.SHORT_TYPE, Short.class, Type.INT_TYPE, Integer.class,
			Type.LONG_TYPE, Long.class, Type.FLOAT_TYPE, Float.class, Type.DOUBLE_TYPE, Double.class);

	/** What makes a wider number of a number; those narrower than an int are one already. */
	private static final Map<String, Integer> WIDENING = Map.of("IJ", I2L, "IF", I2F, "ID", I2D, "JF", L2F, "JD", L2D,
			"FD", F2D);

	/**
	 * The classes that were lambdas, by the file of the class that lets them use what is
	 * private in it and within it (JVMS 4.7.28).
	 */
	private final Map<Path, List<String>> nests = new HashMap<>();

	/** Takes jars, which it changes. */
	public static void main(String[] jars) throws IOException {
		for (String jar : jars) {
			try (FileSystem files = FileSystems.newFileSystem(Path.of(jar))) {
				new Desugar().rewrite(files.getPath("/"));
			}
		}
	}

	private void rewrite(Path root) throws IOException {
		List<Path> classes;
		try (Stream<Path> files = Files.walk(root)) {
			classes = files.filter((file) -> file.toString().endsWith(".class")).toList();
		}
		for (Path file : classes) {
			ClassReader reader = new ClassReader(Files.readAllBytes(file));
			if (links(reader)) {
				ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
				Rewriting rewriting = new Rewriting(writer, file);
				reader.accept(rewriting, 0);
				Files.write(file, writer.toByteArray());
				for (Map.Entry<Path, byte[]> lambda : rewriting.lambdas.entrySet()) {
					Files.write(lambda.getKey(), lambda.getValue());
				}
			}
		}
		for (Map.Entry<Path, List<String>> nest : this.nests.entrySet()) {
			if (Files.exists(nest.getKey())) {
				Files.write(nest.getKey(), admit(nest.getValue(), new ClassReader(Files.readAllBytes(nest.getKey()))));
			}
		}
	}

	/** Whether something is linked when it is come by (JVMS 4.4.10). */
	private static boolean links(ClassReader reader) {
		return IntStream.range(1, reader.getItemCount())
			.map(reader::getItem)
			.anyMatch((item) -> item > 0 && reader.readByte(item - 1) == 18);
	}

	private static byte[] admit(List<String> members, ClassReader host) {
		ClassWriter writer = new ClassWriter(0);
		host.accept(new ClassVisitor(ASM9, writer) {
			@Override
			public void visitEnd() {
				members.forEach(this::visitNestMember);
				super.visitEnd();
			}
		}, 0);
		return writer.toByteArray();
	}

	/** What makes a lambda of what it captures, which it keeps, and does its work when called. */
	private static void lambda(ClassVisitor type, String name, String method, String factory, Object[] arguments) {
		Type[] captured = Type.getArgumentTypes(factory);
		String constructor = Type.getMethodDescriptor(Type.VOID_TYPE, captured);
		for (int i = 0; i < captured.length; i++) {
			type.visitField(ACC_PRIVATE | ACC_FINAL, "captured" + i, captured[i].getDescriptor(), null, null);
		}
		method(type, ACC_PRIVATE, "<init>", constructor, (code) -> {
			code.visitVarInsn(ALOAD, 0);
			code.visitMethodInsn(INVOKESPECIAL, "java/lang/Object", "<init>", "()V", false);
			int local = 1;
			for (int i = 0; i < captured.length; i++) {
				code.visitVarInsn(ALOAD, 0);
				code.visitVarInsn(captured[i].getOpcode(ILOAD), local);
				code.visitFieldInsn(PUTFIELD, name, "captured" + i, captured[i].getDescriptor());
				local += captured[i].getSize();
			}
			code.visitInsn(RETURN);
		});
		Consumer<MethodVisitor> construction = (code) -> {
			code.visitTypeInsn(NEW, name);
			code.visitInsn(DUP);
			int local = 0;
			for (Type value : captured) {
				code.visitVarInsn(value.getOpcode(ILOAD), local);
				local += value.getSize();
			}
			code.visitMethodInsn(INVOKESPECIAL, name, "<init>", constructor, false);
		};
		if (captured.length > 0) {
			method(type, ACC_STATIC, "get", factory, construction.andThen((code) -> code.visitInsn(ARETURN)));
		}
		else {
			// Where nothing is captured it is the same object each time
			String own = "L" + name + ";";
			type.visitField(ACC_PRIVATE | ACC_STATIC | ACC_FINAL, "only", own, null, null);
			method(type, ACC_STATIC, "<clinit>", "()V", construction.andThen((code) -> {
				code.visitFieldInsn(PUTSTATIC, name, "only", own);
				code.visitInsn(RETURN);
			}));
			method(type, ACC_STATIC, "get", factory, (code) -> {
				code.visitFieldInsn(GETSTATIC, name, "only", own);
				code.visitInsn(ARETURN);
			});
		}
		Type erased = (Type) arguments[0];
		method(type, ACC_PUBLIC, method, erased.getDescriptor(),
				(code) -> call(code, name, captured, erased, (Handle) arguments[1], (Type) arguments[2]));
	}

	/** Calls what a lambda stands for, with what it has captured and then what it is given. */
	private static void call(MethodVisitor code, String lambda, Type[] captured, Type erased, Handle body, Type actual) {
		Type owner = Type.getObjectType(body.getOwner());
		boolean constructs = body.getTag() == H_NEWINVOKESPECIAL;
		List<Type> parameters = new ArrayList<>(List.of(Type.getArgumentTypes(body.getDesc())));
		if (constructs) {
			code.visitTypeInsn(NEW, body.getOwner());
			code.visitInsn(DUP);
		}
		else if (body.getTag() != H_INVOKESTATIC) {
			parameters.add(0, owner);
		}
		for (int i = 0; i < captured.length; i++) {
			code.visitVarInsn(ALOAD, 0);
			code.visitFieldInsn(GETFIELD, lambda, "captured" + i, captured[i].getDescriptor());
			convert(code, captured[i], parameters.get(i));
		}
		Type[] given = erased.getArgumentTypes();
		int local = 1;
		for (int i = 0; i < given.length; i++) {
			code.visitVarInsn(given[i].getOpcode(ILOAD), local);
			convert(code, given[i], actual.getArgumentTypes()[i]);
			convert(code, actual.getArgumentTypes()[i], parameters.get(captured.length + i));
			local += given[i].getSize();
		}
		int instruction = switch (body.getTag()) {
			case H_NEWINVOKESPECIAL -> INVOKESPECIAL;
			case H_INVOKESTATIC -> INVOKESTATIC;
			default -> body.isInterface() ? INVOKEINTERFACE : INVOKEVIRTUAL;
		};
		code.visitMethodInsn(instruction, body.getOwner(), body.getName(), body.getDesc(), body.isInterface());
		Type result = constructs ? owner : Type.getReturnType(body.getDesc());
		if (!erased.getReturnType().equals(Type.VOID_TYPE)) {
			convert(code, result, actual.getReturnType());
			convert(code, actual.getReturnType(), erased.getReturnType());
		}
		else if (result.getSize() > 0) {
			code.visitInsn((result.getSize() == 1) ? POP : POP2);
		}
		code.visitInsn(erased.getReturnType().getOpcode(IRETURN));
	}

	/** Concatenates as the recipe says, in which 1 stands for a value and 2 for a constant. */
	private static void concatenate(MethodVisitor code, Type[] types, Object[] arguments) {
		code.visitTypeInsn(NEW, "java/lang/StringBuilder");
		code.visitInsn(DUP);
		code.visitMethodInsn(INVOKESPECIAL, "java/lang/StringBuilder", "<init>", "()V", false);
		String recipe = (String) arguments[0];
		int value = 0;
		int constant = 1;
		int local = 0;
		StringBuilder text = new StringBuilder();
		for (char c : (recipe + "\1").toCharArray()) {
			if (c == 2) {
				text.append(arguments[constant++]);
			}
			else if (c != 1) {
				text.append(c);
			}
			else {
				if (!text.isEmpty()) {
					code.visitLdcInsn(text.toString());
					append(code, Type.getType(String.class));
					text.setLength(0);
				}
				if (value < types.length) {
					code.visitVarInsn(types[value].getOpcode(ILOAD), local);
					append(code, types[value]);
					local += types[value++].getSize();
				}
			}
		}
		code.visitMethodInsn(INVOKEVIRTUAL, "java/lang/StringBuilder", "toString", "()Ljava/lang/String;", false);
		code.visitInsn(ARETURN);
	}

	private static void append(MethodVisitor code, Type type) {
		String taken = switch (type.getSort()) {
			case Type.BYTE, Type.SHORT -> "I";
			// An array of characters is an object here, and no text
			case Type.ARRAY -> "Ljava/lang/Object;";
			case Type.OBJECT -> type.equals(Type.getType(String.class)) ? type.getDescriptor() : "Ljava/lang/Object;";
			default -> type.getDescriptor();
		};
		code.visitMethodInsn(INVOKEVIRTUAL, "java/lang/StringBuilder", "append",
				"(" + taken + ")Ljava/lang/StringBuilder;", false);
	}

	private static void equal(MethodVisitor code, Object[] arguments) {
		String record = ((Type) arguments[0]).getInternalName();
		Label not = new Label();
		code.visitVarInsn(ALOAD, 1);
		code.visitTypeInsn(INSTANCEOF, record);
		code.visitJumpInsn(IFEQ, not);
		for (Handle component : components(arguments)) {
			Type type = Type.getType(component.getDesc());
			code.visitVarInsn(ALOAD, 0);
			code.visitFieldInsn(GETFIELD, record, component.getName(), component.getDesc());
			code.visitVarInsn(ALOAD, 1);
			code.visitTypeInsn(CHECKCAST, record);
			code.visitFieldInsn(GETFIELD, record, component.getName(), component.getDesc());
			if (isPrimitive(type)) {
				code.visitMethodInsn(INVOKESTATIC, box(type), "compare",
						Type.getMethodDescriptor(Type.INT_TYPE, type, type), false);
				code.visitJumpInsn(IFNE, not);
			}
			else {
				code.visitMethodInsn(INVOKESTATIC, "java/util/Objects", "equals",
						"(Ljava/lang/Object;Ljava/lang/Object;)Z", false);
				code.visitJumpInsn(IFEQ, not);
			}
		}
		code.visitInsn(ICONST_1);
		code.visitInsn(IRETURN);
		code.visitLabel(not);
		code.visitFrame(F_SAME, 0, null, 0, null);
		code.visitInsn(ICONST_0);
		code.visitInsn(IRETURN);
	}

	private static void hash(MethodVisitor code, Object[] arguments) {
		code.visitInsn(ICONST_0);
		for (Handle component : components(arguments)) {
			Type type = Type.getType(component.getDesc());
			code.visitIntInsn(BIPUSH, 31);
			code.visitInsn(IMUL);
			code.visitVarInsn(ALOAD, 0);
			code.visitFieldInsn(GETFIELD, component.getOwner(), component.getName(), component.getDesc());
			if (isPrimitive(type)) {
				code.visitMethodInsn(INVOKESTATIC, box(type), "hashCode",
						Type.getMethodDescriptor(Type.INT_TYPE, type), false);
			}
			else {
				code.visitMethodInsn(INVOKESTATIC, "java/util/Objects", "hashCode", "(Ljava/lang/Object;)I", false);
			}
			code.visitInsn(IADD);
		}
		code.visitInsn(IRETURN);
	}

	/** A record's fields: before them come its class and their names. */
	private static List<Handle> components(Object[] arguments) {
		return Stream.of(arguments).skip(2).map(Handle.class::cast).toList();
	}

	/** Makes one type of another, where the language does so by itself (JLS 5.3). */
	private static void convert(MethodVisitor code, Type from, Type to) {
		if (isPrimitive(from) && isPrimitive(to)) {
			Integer instruction = WIDENING.get(wide(from) + wide(to));
			if (instruction != null) {
				code.visitInsn(instruction);
			}
		}
		else if (isPrimitive(from)) {
			code.visitMethodInsn(INVOKESTATIC, box(from), "valueOf",
					"(" + from.getDescriptor() + ")L" + box(from) + ";", false);
		}
		else if (isPrimitive(to)) {
			Type held = BOXES.keySet()
				.stream()
				.filter((type) -> box(type).equals(from.getInternalName()))
				.findAny()
				.orElse(to);
			code.visitTypeInsn(CHECKCAST, box(held));
			code.visitMethodInsn(INVOKEVIRTUAL, box(held), held.getClassName() + "Value", "()" + held.getDescriptor(),
					false);
			convert(code, held, to);
		}
		else if (!from.equals(to) && !to.getClassName().equals("java.lang.Object")) {
			code.visitTypeInsn(CHECKCAST, to.getInternalName());
		}
	}

	private static boolean isPrimitive(Type type) {
		return BOXES.containsKey(type);
	}

	private static String box(Type primitive) {
		return Type.getInternalName(BOXES.get(primitive));
	}

	/** What the type's values are when they are reckoned with. */
	private static String wide(Type type) {
		return (type.getSort() < Type.INT) ? "I" : type.getDescriptor();
	}

	private static void method(ClassVisitor type, int access, String name, String descriptor,
			Consumer<MethodVisitor> code) {
		MethodVisitor method = type.visitMethod(access, name, descriptor, null, null);
		method.visitCode();
		code.accept(method);
		// Reckoned by the writer
		method.visitMaxs(0, 0);
		method.visitEnd();
	}

	/** One class; the methods that it gets come after its own. */
	private final class Rewriting extends ClassVisitor {

		private final Path file;

		/** The classes that its lambdas become, by their files. */
		private final Map<Path, byte[]> lambdas = new HashMap<>();

		private final List<Runnable> methods = new ArrayList<>();

		private String name = "";

		private String host = "";

		private int version;

		private boolean isInterface;

		Rewriting(ClassWriter writer, Path file) {
			super(ASM9, writer);
			this.file = file;
		}

		@Override
		public void visit(int version, int access, String name, String signature, String parent, String[] interfaces) {
			this.name = name;
			this.host = name;
			// Before Java 11 there were no nests
			this.version = Math.max(version, V11);
			this.isInterface = (access & ACC_INTERFACE) != 0;
			super.visit(this.version, access, name, signature, parent, interfaces);
		}

		@Override
		public void visitNestHost(String host) {
			this.host = host;
			super.visitNestHost(host);
		}

		@Override
		public void visitEnd() {
			this.methods.forEach(Runnable::run);
			super.visitEnd();
		}

		@Override
		public MethodVisitor visitMethod(int access, String name, String descriptor, String signature,
				String[] exceptions) {
			return new MethodVisitor(ASM9, super.visitMethod(access, name, descriptor, signature, exceptions)) {
				@Override
				public void visitInvokeDynamicInsn(String name, String descriptor, Handle linker, Object... arguments) {
					String linked = linker.getName().equals("bootstrap") ? name : linker.getName();
					switch (linker.getOwner() + "." + linked) {
						case "java/lang/invoke/LambdaMetafactory.metafactory" -> visitMethodInsn(INVOKESTATIC,
								addClass(name, descriptor, arguments), "get", descriptor, false);
						case "java/lang/invoke/StringConcatFactory.makeConcatWithConstants" -> callMethod(descriptor,
								(code) -> concatenate(code, Type.getArgumentTypes(descriptor), arguments));
						case "java/lang/runtime/ObjectMethods.equals" ->
							callMethod(descriptor, (code) -> equal(code, arguments));
						case "java/lang/runtime/ObjectMethods.hashCode" ->
							callMethod(descriptor, (code) -> hash(code, arguments));
						default -> super.visitInvokeDynamicInsn(name, descriptor, linker, arguments);
					}
				}

				private void callMethod(String descriptor, Consumer<MethodVisitor> code) {
					visitMethodInsn(INVOKESTATIC, Rewriting.this.name, addMethod(descriptor, code), descriptor,
							Rewriting.this.isInterface);
				}
			};
		}

		private String addMethod(String descriptor, Consumer<MethodVisitor> code) {
			String added = "desugared$" + this.methods.size();
			this.methods.add(() -> method(this, ACC_PRIVATE | ACC_STATIC | ACC_SYNTHETIC, added, descriptor, code));
			return added;
		}

		private String addClass(String method, String factory, Object[] arguments) {
			String added = this.name + "$$Lambda$" + this.lambdas.size();
			ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
			writer.visit(this.version, ACC_FINAL | ACC_SUPER | ACC_SYNTHETIC, added, null, "java/lang/Object",
					new String[] { Type.getReturnType(factory).getInternalName() });
			writer.visitNestHost(this.host);
			lambda(writer, added, method, factory, arguments);
			this.lambdas.put(file(added), writer.toByteArray());
			Desugar.this.nests.computeIfAbsent(file(this.host), (file) -> new ArrayList<>()).add(added);
			return added;
		}

		/** A newer Java's variants of classes are in another folder, whose names are the same. */
		private Path file(String sibling) {
			return this.file.resolveSibling(sibling.substring(sibling.lastIndexOf('/') + 1) + ".class");
		}

	}

}
