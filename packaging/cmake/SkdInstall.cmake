# `cmake --install`: programs, LibTorch beside them in lib/sparsekd, resources, and what a desktop
# wants to know about a program. packaging/deb and packaging/appimage build on it.
include(GNUInstallDirs)
set(skd_desktop ${CMAKE_SOURCE_DIR}/packaging/desktop)

install(TARGETS sparsekd RUNTIME DESTINATION bin)
install(FILES ${SKD_TORCH_RUNTIME} DESTINATION lib/sparsekd
    PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/resources/ DESTINATION share/sparsekd
    PATTERN pictures EXCLUDE PATTERN icons EXCLUDE PATTERN style EXCLUDE
    PATTERN translations EXCLUDE PATTERN *.qrc EXCLUDE)
install(FILES ${CMAKE_SOURCE_DIR}/packaging/get-model ${CMAKE_SOURCE_DIR}/packaging/lib.sh
    ${CMAKE_SOURCE_DIR}/packaging/libtorch.sh ${CMAKE_SOURCE_DIR}/packaging/models.sh
    DESTINATION share/sparsekd/packaging)  # what "Get the sample model" calls
install(FILES ${skd_desktop}/sparsekd.1 DESTINATION share/man/man1)
install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/CHANGELOG.md
    DESTINATION share/doc/sparsekd-workbench)

if(SKD_GUI)
    install(TARGETS sparsekd-workbench RUNTIME DESTINATION bin)
    install(FILES ${skd_desktop}/sparsekd-workbench.1 DESTINATION share/man/man1)
    install(FILES ${skd_desktop}/sparsekd-workbench.desktop DESTINATION share/applications)
    install(FILES ${skd_desktop}/org.sparsekd.workbench.metainfo.xml DESTINATION share/metainfo)
    install(FILES ${skd_desktop}/sparsekd-workbench.xml DESTINATION share/mime/packages)

    # Every size of the icons comes from the one drawing.
    add_executable(skd_make_icons EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/packaging/desktop/make_icons.cpp)
    target_link_libraries(skd_make_icons PRIVATE skd_warnings Qt6::Svg)
    add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/icons/hicolor/stamp
        COMMAND skd_make_icons ${CMAKE_SOURCE_DIR}/resources/icons/app.svg
            ${skd_desktop}/workspace.svg ${CMAKE_BINARY_DIR}/icons/hicolor
        COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/icons/hicolor/stamp
        DEPENDS skd_make_icons ${CMAKE_SOURCE_DIR}/resources/icons/app.svg ${skd_desktop}/workspace.svg
        COMMENT "Icons in every size" VERBATIM)
    add_custom_target(skd_icons ALL DEPENDS ${CMAKE_BINARY_DIR}/icons/hicolor/stamp)
    install(DIRECTORY ${CMAKE_BINARY_DIR}/icons/hicolor DESTINATION share/icons PATTERN stamp EXCLUDE)
endif()
