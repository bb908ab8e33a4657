int apus_vm_placeholder(void); int apus_vm_placeholder(void) { return 0; }
