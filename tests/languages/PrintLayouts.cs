// Writes what apps/samples/csharp/Rwkvk.cs declares, for layouts_test.sh.
using System;
using System.Reflection;
using System.Runtime.InteropServices;

static class PrintLayouts {
    static void Main() {
        foreach (Type type in typeof(Rwkvk.Border).GetNestedTypes()) {
            if (!type.IsValueType) continue;
            Console.WriteLine("{0} {1}", type.Name, Marshal.SizeOf(type));
            foreach (FieldInfo field in type.GetFields())
                Console.WriteLine("{0}.{1} {2} {3}", type.Name, field.Name, Marshal.OffsetOf(type, field.Name), Marshal.SizeOf(field.FieldType));
        }
    }
}
