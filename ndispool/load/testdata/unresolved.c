extern int NdisNobodyHasThis(void);
extern int NdisNorThis(void);

int DriverEntry(void* object, void* path) {
    (void)object;
    (void)path;
    return NdisNobodyHasThis() + NdisNorThis();
}
